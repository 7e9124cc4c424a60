import { describe, expect, it } from "vitest";
import { errorOf } from "./testing/errors.js";
import {
  checkBoolean,
  checkCount,
  checkDriverOptions,
  checkDuration,
  checkFunction,
  checkKnownNames,
  checkObject,
  checkPort,
  checkText,
  describeType,
  describeValue,
} from "./validation.js";

describe("a value in a message", () => {
  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [42, "42"],
    [Number.NaN, "NaN"],
    [true, "true"],
    ["text", '"text"'],
    ["two\nlines", '"two\\nlines"'],
    ["x".repeat(80), `"${"x".repeat(80)}"`],
    ["x".repeat(81), `"${"x".repeat(80)}…"`],
    [[1], "an array"],
    [{ secret: "hunter2" }, "a value of type object"],
    [() => "hunter2", "a value of type function"],
    [10n, "a value of type bigint"],
  ])("%o is shown as %s", (value, shown) => {
    expect(describeValue(value)).toBe(shown);
  });
});

describe("what is accepted", () => {
  it.each([1, 5432, 65_535])("port %i", (port) => {
    expect(checkPort("port", port)).toBe(port);
  });

  it.each([1, 2, 1000, Number.POSITIVE_INFINITY])("count %d", (count) => {
    expect(checkCount("maxConnections", count)).toBe(count);
  });

  it("include 0 if the range begins there", () => {
    expect(checkCount("queueLimit", 0, 0)).toBe(0);
  });

  it.each([0, 0.5, 5000, 2 ** 31 - 1])("duration %d, as long as a timer can wait", (duration) => {
    expect(checkDuration("delayMs", duration, 0)).toBe(duration);
  });

  it.each(["app", "db user", "ünïcode", "*", "~", "no\u00a0break", "a😀"])("text %j", (text) => {
    expect(checkText("user", text)).toBe(text);
  });

  it("an object", () => {
    expect(() => checkObject("ssl", {})).not.toThrow();
  });
});

describe("what is refused", () => {
  it.each([0, -1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5432", null])("port %o", (port) => {
    const { message } = errorOf(() => checkPort("port", port));
    expect(message).toBe(
      `port: expected a port from 1 to 65535, received ${describeValue(port)}. Give the port as a number.`,
    );
  });

  it.each([0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, "3", null])("count %o", (count) => {
    const { message } = errorOf(() => checkCount("maxConnections", count));
    expect(message).toBe(
      `maxConnections: expected a whole number from 1, received ${describeValue(count)}. Give a number, or leave it out.`,
    );
  });

  it.each([0, -1, 2 ** 31, Number.POSITIVE_INFINITY, Number.NaN, "5", null])("duration %o", (duration) => {
    const { message } = errorOf(() => checkDuration("connectTimeoutMs", duration, 1));
    expect(message).toBe(
      `connectTimeoutMs: expected milliseconds from 1 to 2147483647, received ${describeValue(duration)}. Give a number.`,
    );
  });

  it.each(["", " ", " app", "app\n", 42, null, undefined])("text %o", (text) => {
    const { message } = errorOf(() => checkText("user", text));
    expect(message).toBe(
      `user: expected a non-empty string without control characters or surrounding spaces, received ${describeValue(text)}. Correct it, or leave it out.`,
    );
  });

  it.each(["\0", "\u0001", "\u001f", "\u007f", "\u0080", "\u009f"])(
    "the control character %j wherever it is in a text",
    (control) => {
      for (const text of [`${control}app`, `a${control}pp`, `app${control}`]) {
        expect(errorOf(() => checkText("user", text)).message).toContain(
          "user: expected a non-empty string without control characters",
        );
      }
    },
  );

  it.each([0, 1, "true", null, undefined])("flag %o", (flag) => {
    const { message } = errorOf(() => checkBoolean("prefetch", flag));
    expect(message).toBe(
      `prefetch: expected true or false, received ${describeValue(flag)}. Correct it, or leave it out.`,
    );
  });

  it.each([{}, "text", null])("%o in a function's place", (value) => {
    const { message } = errorOf(() => checkFunction("queryFormat", value));
    expect(message).toBe(
      `queryFormat: expected a function, received ${describeType(value)}. Correct it, or leave it out.`,
    );
  });

  it.each([undefined, null, "text", 42, [], () => undefined])("%o in an object's place", (value) => {
    const { message } = errorOf(() => checkObject("ssl", value));
    expect(message).toBe(
      `ssl: expected an object, received ${describeType(value)}. See the options in the package's README.`,
    );
  });
});

describe("a text that was passed for an object", () => {
  it.each(["postgres://u:hunter2@h/d", "AKIA:hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2"])(
    "is not shown, since it may hold a secret: %j",
    (value) => {
      expect(errorOf(() => checkObject("options", value)).message).toContain(
        "options: expected an object, received a value of type string.",
      );
    },
  );
});

describe("the options of a driver", () => {
  const RULES = {
    refusals: {
      password: { reason: "A token is signed.", remedy: "Leave it out." },
      known: { reason: "Never shown.", remedy: "Never shown." },
    },
    harmless: { password: ["", null], delay: [false] },
    checks: {
      flag: "true or false",
      name: "a text",
      format: "a function",
      delay: "milliseconds from 0",
      limit: "milliseconds from 1",
      minimum: "a whole number from 0",
      maximum: "a whole number from 1",
      own: (option: string, value: unknown) => checkObject(option, value),
    },
  } as const;
  const KNOWN = [...Object.keys(RULES.checks), "known", "unchecked"];
  const refusalOf = (given: object): string => errorOf(() => checkDriverOptions(given, KNOWN, RULES)).message;

  it("pass when each has a value of its kind, or none", () => {
    const given = {
      flag: false,
      name: "app",
      format: () => "",
      delay: 0,
      limit: 1,
      minimum: 0,
      maximum: 1,
      own: {},
      known: 1,
      unchecked: Symbol("any"),
    };
    expect(() => checkDriverOptions(given, KNOWN, RULES)).not.toThrow();
    const none = Object.fromEntries(Object.keys(given).map((name) => [name, undefined]));
    expect(() => checkDriverOptions(none, KNOWN, RULES)).not.toThrow();
  });

  it.each([
    [{ flag: "false" }, 'flag: expected true or false, received "false".'],
    [{ flag: null }, "flag: expected true or false, received null."],
    [
      { name: "" },
      'name: expected a non-empty string without control characters or surrounding spaces, received "".',
    ],
    [{ format: "hunter2" }, "format: expected a function, received a value of type string."],
    [{ delay: -1 }, "delay: expected milliseconds from 0 to 2147483647, received -1."],
    [{ limit: 0 }, "limit: expected milliseconds from 1 to 2147483647, received 0."],
    [{ limit: "5s" }, 'limit: expected milliseconds from 1 to 2147483647, received "5s".'],
    [{ minimum: -1 }, "minimum: expected a whole number from 0, received -1."],
    [{ maximum: 0 }, "maximum: expected a whole number from 1, received 0."],
    [{ own: [] }, "own: expected an object, received an array."],
  ])("are refused with what was expected: %o", (given, message) => {
    expect(refusalOf(given)).toContain(message);
  });

  it("are left out where they ask for nothing", () => {
    const nothing = { password: "", delay: false, flag: undefined };
    expect(checkDriverOptions({ ...nothing, limit: 5 }, KNOWN, RULES)).toEqual({ limit: 5 });
    expect(checkDriverOptions({ password: undefined }, KNOWN, RULES)).toEqual({});
    expect(Object.keys(checkDriverOptions({ password: null }, KNOWN, RULES))).toEqual([]);
  });

  it("are refused with the remedy, and without their value, when a proxied login does not allow them", () => {
    expect(refusalOf({ password: "hunter2" })).toBe(
      "password: not an option here. A token is signed. Leave it out.",
    );
  });

  it("are refused if they are unknown", () => {
    expect(refusalOf({ LIMIT: 1 })).toBe("LIMIT: not a known option. Did you mean `limit`?");
    expect(refusalOf({ toString: 1 })).toContain("toString: not a known option. Known are: flag,");
  });
});

describe("an option that is not known", () => {
  const KNOWN = ["maxAttempts", "baseDelayMs"];

  it("is answered with the one that was meant when only the case differs", () => {
    const { message, code } = errorOf(() => checkKnownNames("retry.", { maxattempts: 3 }, KNOWN));
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toBe("retry.maxattempts: not a known option. Did you mean `retry.maxAttempts`?");
  });

  it("is answered with all that there are otherwise", () => {
    const { message } = errorOf(() => checkKnownNames("retry.", { tries: 3 }, KNOWN));
    expect(message).toContain(
      "retry.tries: not a known option. Known are: retry.maxAttempts, retry.baseDelayMs.",
    );
  });

  it("is answered with the place where it may belong, when it is not misspelt", () => {
    const hint = "Others go to the adapter.";
    expect(errorOf(() => checkKnownNames("", { tries: 3 }, KNOWN, hint)).message).toBe(
      "tries: not a known option. Others go to the adapter. Known are: maxAttempts, baseDelayMs.",
    );
    expect(errorOf(() => checkKnownNames("", { BASEDELAYMS: 3 }, KNOWN, hint)).message).not.toContain(hint);
  });

  it("is refused even when it is undefined, since its name is wrong all the same", () => {
    expect(errorOf(() => checkKnownNames("", { hots: undefined }, ["host"])).message).toContain("hots:");
  });

  it("is not seen where all are known", () => {
    expect(() => checkKnownNames("retry.", { baseDelayMs: undefined }, KNOWN)).not.toThrow();
  });
});
