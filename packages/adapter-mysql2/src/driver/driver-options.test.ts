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
    ["passwordSha1", ""],
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

  it.each([["-SESSION_TRACK"], ["IGNORE_SPACE, -PLUGIN_AUTH"], [["-PROTOCOL_41"]], ["compress"]])(
    "flags: %o is refused, since the login and the answers are read by it",
    (flags) => {
      const { code, message } = refusalOf({ flags });
      expect(code).toBe("RDS_PROXY_INVALID_OPTION");
      expect(message).toMatch(/^flags: -?[A-Z_0-9]+: not an option here\. .* Leave it out\.$/);
    },
  );

  it.each([
    ["dateStrings", true],
    ["nestTables", true],
    ["nestTables", ""],
    ["typeCast", false],
    ["timezone", "local"],
    ["timezone", "-03:30"],
    ["connectAttributes", {}],
    ["flags", "-FOUND_ROWS,IGNORE_SPACE"],
    ["flags", []],
  ])("%s may also be %o", (name, value) => {
    expect(() => checkMysql2Options({ [name]: value }, MYSQL2_OPTION_NAMES)).not.toThrow();
  });

  it.each([
    ["bigNumberStrings", "yes", 'expected true or false, received "yes"'],
    ["charset", "", "expected a character set or collation that mysql2 knows"],
    ["connectAttributes", { tries: 3 }, "expected an object of strings, received another value in it"],
    ["connectAttributes", "hunter2", "expected an object, received a value of type string"],
    ["dateStrings", "DATE", 'expected true, false or an array of TIMESTAMP, DATETIME, DATE, received "DATE"'],
    [
      "dateStrings",
      ["date"],
      "expected true, false or an array of TIMESTAMP, DATETIME, DATE, received an array",
    ],
    ["flags", 42, "expected an array of names of flags, received 42"],
    ["flags", [42], "expected an array of names of flags, received an array"],
    ["charsetNumber", "45", 'expected the number of a collation that is safe, such as 224, received "45"'],
    ["waitForConnections", "no", 'expected true or false, received "no"'],
    ["infileStreamFactory", {}, "expected a function, received a value of type object"],
    ["keepAliveInitialDelay", "5s", 'expected milliseconds from 0 to 2147483647, received "5s"'],
    ["maxPreparedStatements", 0, "expected a whole number from 1, received 0"],
    ["maxPreparedStatements", Number.POSITIVE_INFINITY, "expected a whole number from 1, received Infinity"],
    ["nestTables", 1, "expected true, false or a separator, received 1"],
    ["queryFormat", true, "expected a function, received a value of type boolean"],
    ["rowsAsArray", 1, "expected true or false, received 1"],
    [
      "timezone",
      "Europe/Berlin",
      'expected "local", "Z" or an offset such as "+02:00", received "Europe/Berlin"',
    ],
    ["typeCast", "DATE", 'expected true, false or a function, received "DATE"'],
    ["maxIdle", -1, "expected a whole number from 0, received -1"],
    ["idleTimeout", Number.NaN, "expected milliseconds from 0 to 2147483647, received NaN"],
    ["queueLimit", "10", 'expected a whole number from 0, received "10"'],
  ])("%s is refused with a value that mysql2 could not work with: %o", (name, value, message) => {
    const known = [...MYSQL2_OPTION_NAMES, ...MYSQL2_POOL_OPTION_NAMES];
    const refused = refusalOf({ [name]: value }, known);
    expect(refused.code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(refused.message).toContain(`${name}: ${message}`);
  });

  it("may be left undefined", () => {
    expect(checkMysql2Options({ timezone: undefined }, MYSQL2_OPTION_NAMES)).toEqual({ timezone: undefined });
  });

  it.each([
    ["password", "A token is signed for each login"],
    ["password1", "A token is signed for each login"],
    ["password2", "A token is signed for each login"],
    ["password3", "A token is signed for each login"],
    ["passwordSha1", "A token is signed for each login"],
    ["authPlugins", "since it signs the token"],
    ["authSwitchHandler", "since it signs the token"],
    ["isServer", "mysql2 sets it itself"],
    ["pool", "mysql2 sets it itself"],
    ["ssl", "Verification is always on"],
    ["uri", "host, port, user and database"],
    ["socketPath", "host, port, user and database"],
    ["stream", "host, port, user and database"],
    ["compress", "does not speak the compressed protocol"],
    ["connectTimeout", "`connectTimeoutMs`"],
    ["connectionLimit", "`maxConnections`"],
    ["resetOnRelease", "COM_RESET_CONNECTION"],
    ["debug", "It would print the token"],
  ])("%s is refused with the remedy", (name, remedy) => {
    const { code, message } = refusalOf({ [name]: "value-of-the-option" });
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toContain(`${name}: not an option here. `);
    expect(message).toContain(remedy);
    expect(message).not.toContain("value-of-the-option");
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
