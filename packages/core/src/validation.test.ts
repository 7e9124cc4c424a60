import { describe, expect, it } from "vitest";
import { errorOf } from "./testing/errors.js";
import {
  checkCount,
  checkDuration,
  checkKnownNames,
  checkObject,
  checkPort,
  checkText,
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

  it.each([0, 0.5, 5000, 2 ** 31 - 1])("duration %d, as long as a timer can wait", (duration) => {
    expect(checkDuration("delayMs", duration, 0)).toBe(duration);
  });

  it.each(["app", "db user", "ünïcode", "*"])("text %j", (text) => {
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

  it.each([0, -1, 2 ** 31, Number.POSITIVE_INFINITY, Number.NaN, "5s", null])("duration %o", (duration) => {
    const { message } = errorOf(() => checkDuration("connectTimeoutMs", duration, 1));
    expect(message).toBe(
      `connectTimeoutMs: expected milliseconds from 1 to 2147483647, received ${describeValue(duration)}. Give a number.`,
    );
  });

  it.each(["", " ", " app", "app\n", 42, null, undefined])("text %o", (text) => {
    const { message } = errorOf(() => checkText("user", text));
    expect(message).toBe(
      `user: expected a non-empty string without surrounding spaces, received ${describeValue(text)}. Correct it, or leave it out.`,
    );
  });

  it.each([undefined, null, "text", 42, [], () => undefined])("%o in an object's place", (value) => {
    const { message } = errorOf(() => checkObject("ssl", value));
    expect(message).toBe(
      `ssl: expected an object, received ${describeValue(value)}. See the options in the package's README.`,
    );
  });
});

describe("an option that is not known", () => {
  const KNOWN = ["maxAttempts", "baseDelayMs"];

  it("is answered with the one that was meant when only the case differs", () => {
    const { message, code } = errorOf(() => checkKnownNames("retry.", { maxattempts: 3 }, KNOWN));
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toBe(
      "retry.maxattempts: expected a known option, received an unknown one. Did you mean `retry.maxAttempts`?",
    );
  });

  it("is answered with all that there are otherwise", () => {
    const { message } = errorOf(() => checkKnownNames("retry.", { tries: 3 }, KNOWN));
    expect(message).toContain(
      "retry.tries: expected a known option, received an unknown one. Known are: retry.maxAttempts, retry.baseDelayMs.",
    );
  });

  it("is refused even when it is undefined, since its name is wrong all the same", () => {
    expect(errorOf(() => checkKnownNames("", { hots: undefined }, ["host"])).message).toContain("hots:");
  });

  it("is not seen where all are known", () => {
    expect(() => checkKnownNames("retry.", { baseDelayMs: undefined }, KNOWN)).not.toThrow();
  });
});
