import { Readable } from "node:stream";
import { RdsProxyError } from "@rds-proxy/core";
import { resolveOptions } from "@rds-proxy/core/adapter";
import { describe, expect, it } from "vitest";
import { mysql2Adapter } from "../mysql2-adapter.js";
import { connectionOptions, createPool } from "../pool.js";
import {
  checkMysql2Options,
  MYSQL2_OPTION_NAMES,
  MYSQL2_POOL_OPTION_NAMES,
  type Mysql2Options,
} from "./driver-options.js";

const ENDPOINT = {
  host: "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  user: "app",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY" },
};

/** Every option with a value that mysql2 takes. */
const VALID = {
  bigNumberStrings: true,
  charset: "utf8mb4",
  connectAttributes: { program_name: "orders" },
  dateStrings: ["DATE"],
  decimalNumbers: true,
  disableEval: true,
  enableKeepAlive: false,
  infileStreamFactory: () => Readable.from([]),
  jsonStrings: true,
  keepAliveInitialDelay: 1000,
  maxPreparedStatements: 100,
  multipleStatements: true,
  namedPlaceholders: true,
  nestTables: "_",
  queryFormat: () => undefined,
  rowsAsArray: true,
  stringifyObjects: true,
  supportBigNumbers: true,
  timezone: "Z",
  trace: false,
  typeCast: (_field: object, next: () => unknown) => next(),
  charsetNumber: 45,
  flags: ["-FOUND_ROWS"],
  gracefulEnd: true,
  insecureAuth: false,
  localAddress: "127.0.0.1",
  Promise,
} satisfies Mysql2Options;

const USE_UTF8MB4 =
  "Leave it out, or use utf8mb4: the server converts text to the character set of each column.";

function refusalOf(options: object, known = MYSQL2_OPTION_NAMES): RdsProxyError {
  try {
    checkMysql2Options(options, known);
  } catch (error) {
    if (error instanceof RdsProxyError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("an option of mysql2", () => {
  it.each(MYSQL2_OPTION_NAMES.filter((name) => name !== "enableCleartextPlugin"))(
    "%s is handed on",
    (name) => {
      expect(Object.keys(VALID)).toContain(name);
      const given = { [name]: Reflect.get(VALID, name) };
      expect(checkMysql2Options(given, MYSQL2_OPTION_NAMES)).toEqual(given);
    },
  );

  it.each([
    ["password", "", null, undefined],
    ["password1", "", null],
    ["password2", "", null],
    ["password3", "", null],
    ["passwordSha1", "", null],
    ["enableCleartextPlugin", true, false],
    ["ssl", true, "Amazon RDS", undefined],
    ["uri", "", null],
    ["socketPath", "", null],
    ["compress", false],
    ["debug", false],
    ["isServer", false],
    ["resetOnRelease", false],
    ["stream", undefined],
  ])("%s is left out if its value has no effect", (name, ...values) => {
    for (const value of values) {
      expect(Object.keys(checkMysql2Options({ [name]: value }, MYSQL2_OPTION_NAMES))).toEqual([]);
    }
  });

  it.each([
    ["-PROTOCOL_41"],
    ["-TRANSACTIONS"],
    ["-SECURE_CONNECTION"],
    ["-PLUGIN_AUTH"],
    ["-PLUGIN_AUTH_LENENC_CLIENT_DATA"],
    ["-SESSION_TRACK"],
    ["MULTI_FACTOR_AUTHENTICATION"],
  ])("flags: %s is refused, since the login and the answers are read by it", (flag) => {
    for (const flags of [
      [flag],
      ["FOUND_ROWS", flag],
      flag.toLowerCase(),
      `ignore_space, ${flag}`,
      `a  ${flag}`,
    ]) {
      const { code, message } = refusalOf({ flags });
      expect(code).toBe("RDS_PROXY_INVALID_OPTION");
      expect(message).toBe(
        `flags: ${flag}: not an option here. The library needs it to read the login and the session's state. Leave it out.`,
      );
    }
  });

  it("flags: COMPRESS is refused, as the option `compress` is", () => {
    expect(refusalOf({ flags: "compress" }).message).toBe(
      "flags: COMPRESS: not an option here. RDS Proxy does not speak the compressed protocol. Leave it out.",
    );
  });

  it.each([
    ["dateStrings", true],
    ["dateStrings", ["TIMESTAMP", "DATETIME", "DATE"]],
    ["maxPreparedStatements", 1],
    ["maxPreparedStatements", 2 ** 32 - 1],
    ["nestTables", true],
    ["nestTables", ""],
    ["typeCast", false],
    ["timezone", "local"],
    ["timezone", "-03:30"],
    ["timezone", "+02:00"],
    ["timezone", " 02:00"],
    ["connectAttributes", {}],
    ["flags", "-FOUND_ROWS,IGNORE_SPACE"],
    ["flags", []],
  ])("%s may also be %o", (name, value) => {
    expect(() => checkMysql2Options({ [name]: value }, MYSQL2_OPTION_NAMES)).not.toThrow();
  });

  it.each([
    ["bigNumberStrings", "yes", 'true or false, received "yes"'],
    [
      "charset",
      "",
      'a character set or collation that mysql2 knows and that is safe, such as utf8mb4_unicode_ci, received ""',
      USE_UTF8MB4,
    ],
    ["connectAttributes", { tries: 3 }, "an object of strings, received another value in it"],
    ["connectAttributes", { name: "orders", tries: 3 }, "an object of strings, received another value in it"],
    [
      "connectAttributes",
      "hunter2",
      "an object, received a value of type string",
      "See the options in the package's README.",
    ],
    ["dateStrings", "DATE", 'true, false or an array of TIMESTAMP, DATETIME, DATE, received "DATE"'],
    ["dateStrings", ["date"], "true, false or an array of TIMESTAMP, DATETIME, DATE, received an array"],
    ["dateStrings", ["DATE", "x"], "true, false or an array of TIMESTAMP, DATETIME, DATE, received an array"],
    ["flags", 42, "an array of names of flags, received 42"],
    ["flags", ["FOUND_ROWS", 42], "an array of names of flags, received an array"],
    [
      "charsetNumber",
      "45",
      'the number of a collation that is safe, such as 224, received "45"',
      USE_UTF8MB4,
    ],
    ["waitForConnections", "no", 'true or false, received "no"'],
    ["infileStreamFactory", {}, "a function, received a value of type object"],
    ["keepAliveInitialDelay", "5s", 'milliseconds from 0 to 2147483647, received "5s"', "Give a number."],
    ["maxPreparedStatements", 0, "a whole number from 1, received 0"],
    ["maxPreparedStatements", 1.5, "a whole number from 1, received 1.5"],
    ["maxPreparedStatements", "9", 'a whole number from 1, received "9"'],
    ["maxPreparedStatements", 2 ** 32, "a whole number from 1, received 4294967296"],
    ["nestTables", 1, "true, false or a separator, received 1"],
    ["queryFormat", true, "a function, received a value of type boolean"],
    ["rowsAsArray", 1, "true or false, received 1"],
    ...[
      "Europe/Berlin",
      "locally",
      "my local",
      "Zulu",
      "+02:000",
      "UTC+02:00",
      "+2:00",
      "+02:0",
      "02:00",
    ].map(
      (value) =>
        ["timezone", value, `"local", "Z" or an offset such as "+02:00", received "${value}"`] as const,
    ),
    ["timezone", ["Z"], '"local", "Z" or an offset such as "+02:00", received an array'],
    ["typeCast", "DATE", 'true, false or a function, received "DATE"'],
    ["maxIdle", -1, "a whole number from 0, received -1", "Give a number, or leave it out."],
    ["idleTimeout", Number.NaN, "milliseconds from 0 to 2147483647, received NaN", "Give a number."],
    ["queueLimit", "10", 'a whole number from 0, received "10"', "Give a number, or leave it out."],
  ] as const)(
    "%s is refused with a value that mysql2 could not work with: %o",
    (name, value, expected, remedy: string = "Correct it, or leave it out.") => {
      const known = [...MYSQL2_OPTION_NAMES, ...MYSQL2_POOL_OPTION_NAMES];
      const refused = refusalOf({ [name]: value }, known);
      expect(refused.code).toBe("RDS_PROXY_INVALID_OPTION");
      expect(refused.message).toBe(`${name}: expected ${expected}. ${remedy}`);
    },
  );

  it.each([...MYSQL2_OPTION_NAMES, ...MYSQL2_POOL_OPTION_NAMES].filter((name) => name !== "Promise"))(
    "%s is refused with a value of another type",
    (name) => {
      const known = [...MYSQL2_OPTION_NAMES, ...MYSQL2_POOL_OPTION_NAMES];
      expect(refusalOf({ [name]: Symbol("value") }, known).message).toContain(`${name}: expected `);
    },
  );

  it("may be left undefined", () => {
    expect(checkMysql2Options({ timezone: undefined }, MYSQL2_OPTION_NAMES)).toEqual({ timezone: undefined });
  });

  it.each([
    [
      "password password1 password2 password3 passwordSha1",
      "A token is signed for each login; a stored password comes from `secret`. Leave it out.",
    ],
    [
      "authPlugins authSwitchHandler",
      "The library's own plugin answers the server, since it signs the token. Leave it out; a password comes from `secret`.",
    ],
    ["isServer pool", "mysql2 sets it itself. Leave it out."],
    [
      "ssl",
      "Verification is always on. Extra roots go into `ssl: { ca }` beside `host`: of the middleware, `createPool()` or " +
        "`connectionOptions()`.",
    ],
    [
      "uri socketPath stream",
      "The endpoint has its own options, and the library opens a verified socket to it. Give host, port, user and database as " +
        "options or in the environment, and behind a tunnel `signingHost`.",
    ],
    ["compress", "RDS Proxy does not speak the compressed protocol. Leave it out."],
    [
      "connectTimeout",
      "Attempts have their own options for that. Set `connectTimeoutMs` for one attempt, and `acquireTimeoutMs` for all of them.",
    ],
    ["connectionLimit", "The option for the size has the same name for all drivers. Set `maxConnections`."],
    [
      "resetOnRelease",
      "AWS does not document how RDS Proxy answers COM_RESET_CONNECTION. If it refuses, each release costs a login. " +
        "Undo changes to the session before its release, or call `connection.reset()` yourself.",
    ],
    ["debug", "It would print the token. Log statements in your own code, or at the database."],
  ])("%s: is refused with the reason and the remedy, without its value", (names, text) => {
    for (const name of names.split(" ")) {
      const { code, message } = refusalOf({ [name]: "value-of-the-option" });
      expect(code).toBe("RDS_PROXY_INVALID_OPTION");
      expect(message).toBe(`${name}: not an option here. ${text}`);
    }
  });

  it.each(["clientFlags", "maxPacketSize", "toString"])("%s, which is not known here, is refused", (name) => {
    const { code, message } = refusalOf({ [name]: true });
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toContain(name);
  });

  it("that is misspelt is refused with the correct name", () => {
    expect(refusalOf({ timeZone: "Z" }).message).toContain("`timezone`");
  });

  it("is refused wherever it is given, before a connection exists", () => {
    const refused = { ...ENDPOINT, compress: true };
    expect(() => createPool(refused)).toThrow(/compress/);
    expect(() => connectionOptions(refused)).toThrow(/compress/);
    const adapter = mysql2Adapter({ timezone: "Z", ...{ compress: true } });
    expect(() => adapter.create(resolveOptions(ENDPOINT, "mysql"))).toThrow(/compress/);
  });

  it("for pools only is refused for a single connection", () => {
    const pooled = { ...ENDPOINT, maxIdle: 1, idleTimeout: 1000, queueLimit: 5 };
    createPool(pooled).pool.end();
    expect(() => connectionOptions(pooled)).toThrow(/maxIdle/);
  });
});

describe("the options of the endpoint", () => {
  it("are not passed to mysql2, which warns about options that it does not know", () => {
    const config = connectionOptions({ ...ENDPOINT, region: "eu-west-1", retry: {}, timezone: "Z" });
    expect(Object.keys(config).sort()).toEqual(
      [
        "authPlugins",
        "connectTimeout",
        "host",
        "maxPreparedStatements",
        "port",
        "ssl",
        "stream",
        "timezone",
        "user",
      ].sort(),
    );
  });
});
