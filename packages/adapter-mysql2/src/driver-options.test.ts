import { RdsProxyError, resolveOptions } from "@rds-proxy/core";
import { describe, expect, it } from "vitest";
import { checkMysqlOptions, MYSQL_OPTION_NAMES } from "./driver-options.js";
import { mysql2Adapter } from "./mysql2-adapter.js";
import { connectionOptions, createPool } from "./pool.js";

const ENDPOINT = {
  host: "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  user: "app",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY" },
};

function refusalOf(options: object, known = MYSQL_OPTION_NAMES): RdsProxyError {
  try {
    checkMysqlOptions(options, known);
  } catch (error) {
    if (error instanceof RdsProxyError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("an option of mysql2", () => {
  it.each(MYSQL_OPTION_NAMES)("%s is handed on", (name) => {
    const given = { [name]: true };
    expect(checkMysqlOptions(given, MYSQL_OPTION_NAMES)).toBe(given);
  });

  it("may be left undefined", () => {
    expect(checkMysqlOptions({ timezone: undefined }, MYSQL_OPTION_NAMES)).toEqual({ timezone: undefined });
  });

  it.each([
    ["password", "a token is signed for each login"],
    ["password1", "a token is signed for each login"],
    ["password2", "a token is signed for each login"],
    ["password3", "a token is signed for each login"],
    ["passwordSha1", "a token is signed for each login"],
    ["authPlugins", "a token is signed for each login"],
    ["authSwitchHandler", "a token is signed for each login"],
    ["enableCleartextPlugin", "a token is signed for each login"],
    ["ssl", "Verification is always on"],
    ["uri", "host, port, user and database"],
    ["socketPath", "host, port, user and database"],
    ["stream", "host, port, user and database"],
    ["compress", "does not speak the compressed protocol"],
    ["connectTimeout", "`connectTimeoutMs`"],
    ["connectionLimit", "`maxConnections`"],
    ["resetOnRelease", "one round trip more"],
    ["waitForConnections", "`acquireTimeoutMs`"],
    ["debug", "would print the token"],
  ])("%s is refused with the way out", (name, remedy) => {
    const { code, message } = refusalOf({ [name]: "value-of-the-option" });
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toContain(name);
    expect(message).toContain(remedy);
    expect(message).not.toContain("value-of-the-option");
  });

  it.each(["flags", "insecureAuth", "isServer", "localAddress", "toString"])(
    "%s, which is not known here, is refused",
    (name) => {
      const { code, message } = refusalOf({ [name]: true });
      expect(code).toBe("RDS_PROXY_INVALID_OPTION");
      expect(message).toContain(name);
    },
  );

  it("that is misspelt is refused with the name that was meant", () => {
    expect(refusalOf({ timeZone: "Z" }).message).toContain("`timezone`");
  });

  it("is refused wherever it is given, before a connection exists", () => {
    const refused = { ...ENDPOINT, compress: true };
    expect(() => createPool(refused)).toThrow(/compress/);
    expect(() => connectionOptions(refused)).toThrow(/compress/);
    const adapter = mysql2Adapter({ timezone: "Z", ...{ compress: true } });
    expect(() => adapter.create(resolveOptions(ENDPOINT, "mysql"))).toThrow(/compress/);
  });

  it("of the pool alone is refused for a single connection", () => {
    const pooled = { ...ENDPOINT, maxIdle: 1, idleTimeout: 1000, queueLimit: 5 };
    createPool(pooled).pool.end();
    expect(() => connectionOptions(pooled)).toThrow(/maxIdle/);
  });
});

describe("the options of the endpoint", () => {
  it("are not handed on to mysql2, which complains about those that it does not know", () => {
    const config = connectionOptions({ ...ENDPOINT, region: "eu-west-1", retry: {}, timezone: "Z" });
    expect(Object.keys(config).sort()).toEqual(
      ["authPlugins", "connectTimeout", "host", "port", "ssl", "timezone", "user"].sort(),
    );
  });
});
