import { Sequelize } from "sequelize";
import { describe, expect, it, vi } from "vitest";
import { awaitVersion, coerceVersion, learnVersion, unknownVersion } from "./database-version.js";
import { mysqlDialect } from "./dialects/mysql.js";
import { postgresDialect } from "./dialects/postgres.js";
import { sequelizeInternals } from "./sequelize-internals.js";

/** An instance that does not know the version, and the query for it. */
function setUp(databaseVersion: string | 0 = 0, answer: unknown = "16.2") {
  const sequelize = new Sequelize({ dialect: "postgres", logging: false });
  const query = vi.fn(async () => answer);
  const internals = sequelizeInternals(Object.assign(sequelize, { databaseVersion: query }));
  internals.options.databaseVersion = databaseVersion;
  return { internals, query };
}

describe("a server's version", () => {
  it.each([
    ["18.1", "18.1.0"],
    ["18.4 (Debian 18.4-1.pgdg13+1)", "18.4.0"],
    ["9.6.24", "9.6.24"],
    ["9.7.4", "9.7.4"],
    ["8.0.39-30.1", "8.0.39"],
    ["10.11.14-MariaDB-0+deb12u2-log", "10.11.14"],
    ["17beta1", "17.0.0"],
    ["v17", "17.0.0"],
    ["server 12.345.678, 9.9.9", "12.345.678"],
    [
      "1234567890123456.1234567890123456.1234567890123456",
      "1234567890123456.1234567890123456.1234567890123456",
    ],
    ["016.02.03", "16.2.3"],
    ["1.2.3.4", "1.2.3"],
  ])("%s is %s", (text, version) => {
    expect(coerceVersion(text)).toBe(version);
  });

  it.each(["unknown", "", "12345678901234567"])(
    "is unknown for a text without a short number: %o",
    (text) => {
      expect(coerceVersion(text)).toBeUndefined();
    },
  );

  it("is awaited from the first login in place of the one that stands for it", async () => {
    const { internals } = setUp(unknownVersion(postgresDialect));
    awaitVersion(internals, postgresDialect);
    expect(internals.options.databaseVersion).toBe(0);
    await expect(internals.connectionManager.versionPromise).resolves.toBeUndefined();
  });

  it("is not awaited if it is given", () => {
    const { internals } = setUp("16.2.0");
    const before = internals.connectionManager.versionPromise;
    awaitVersion(internals, postgresDialect);
    expect(internals.options.databaseVersion).toBe("16.2.0");
    expect(internals.connectionManager.versionPromise).toBe(before);
  });

  it("is that of the server's greeting on MySQL", async () => {
    const { internals, query } = setUp();
    const connection = { _handshakePacket: { serverVersion: "8.0.39-log" } };
    await learnVersion(internals, mysqlDialect({ usesPreparedStatements: false }), connection);
    expect(internals.options.databaseVersion).toBe("8.0.39");
    expect(query).not.toHaveBeenCalled();
  });

  it("is queried on the connection that has just logged in if nothing reports it, and not logged", async () => {
    const { internals, query } = setUp();
    const connection = {};
    await learnVersion(internals, postgresDialect, connection);
    expect(internals.options.databaseVersion).toBe("16.2.0");
    expect(query).toHaveBeenCalledExactlyOnceWith({ transaction: { connection }, logging: false });
  });

  it("is the oldest that Sequelize supports if the answer has none", async () => {
    const { internals } = setUp(0, "unknown");
    await learnVersion(internals, postgresDialect, {});
    expect(internals.options.databaseVersion).toBe("9.5.0");
  });

  it("is not queried again", async () => {
    const { internals, query } = setUp("16.2.0");
    await learnVersion(internals, postgresDialect, {});
    expect(internals.options.databaseVersion).toBe("16.2.0");
    expect(query).not.toHaveBeenCalled();
  });
});
