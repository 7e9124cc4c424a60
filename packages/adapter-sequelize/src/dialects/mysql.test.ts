import { deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import { DataTypes, Sequelize } from "sequelize";
import { describe, expect, it, vi } from "vitest";
import { AUTOCOMMIT } from "../../../adapter-mysql2/src/testing/mysql-stub.js";
import { reportOf, StubConnection } from "../../../adapter-mysql2/src/testing/stub-connection.js";
import type { OpeningConnection } from "./dialect.js";
import { mysqlDialect } from "./mysql.js";

const PROXY = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
const OPTIONS = resolveOptions({ host: PROXY, user: "app" }, "mysql");
const NO_BACKSLASH_ESCAPES = 0x200;

const dialect = mysqlDialect({ usesPreparedStatements: false });

/** As much of mysql2's connection as Sequelize uses. What it would send and the server's packets are the test's. */
class SentConnection extends StubConnection {
  readonly sent: unknown[] = [];

  query(...args: unknown[]): string {
    this.sent.push(["query", ...args]);
    return "queried";
  }
  execute(...args: unknown[]): string {
    this.sent.push(["execute", ...args]);
    return "executed";
  }

  /** An answer that reports a character set for statements. */
  reportCharset(value: string): void {
    this.receiveAnswer(reportOf("character_set_client", value));
    this._command = undefined;
  }

  /** Begins a statement, and returns what it is refused with before it is sent. */
  refusalOf(sql: string): unknown {
    const onResult = vi.fn();
    const command: { sql: string; onResult: typeof onResult; start?(): () => void } = { sql, onResult };
    this._command = command;
    this.handlePacket();
    this._command = undefined;
    command.start?.()();
    return onResult.mock.lastCall?.[0];
  }
}

/** A connection after its login, as Sequelize gets it. */
async function connect({ usesPreparedStatements = false, config = {}, module = {} } = {}) {
  const sequelize = new Sequelize({ dialect: "mysql", logging: false });
  sequelize.define("note", { text: DataTypes.TEXT, count: DataTypes.INTEGER });
  const stub = new SentConnection();
  Object.assign(stub.config, config);
  const createConnection = vi.fn((_config: object) => stub);
  let opening: OpeningConnection | undefined;
  const supervised = mysqlDialect({ usesPreparedStatements }).superviseModule(
    { createConnection, ...module },
    {
      sequelize,
      dialectOptions: { multipleStatements: true },
      zone: { isSetByStatement: false },
      currentRequest: () => ({
        options: OPTIONS,
        attempt: { deadline: deadlineIn(5000, OPTIONS.runtime.clock) },
        onOpening: (made) => {
          opening = made;
        },
      }),
    },
  );
  const connection = Object(supervised).createConnection({ host: "elsewhere", timezone: "Z" });
  stub.emit("connect");
  const pooled = await opening?.pooled;
  return { stub, supervised, createConnection, connection, opening, pooled };
}

describe("the dialect for MySQL", () => {
  it("names its engine and the oldest version", () => {
    expect(dialect).toMatchObject({
      engine: "mysql",
      oldestVersion: "5.7.0",
      defaults: {},
      defaultDialectOptions: {},
    });
  });

  it("refuses an isolation level for all sessions of a proxy", () => {
    expect(() => dialect.check({ isolationLevel: "SERIALIZABLE" }, OPTIONS)).toThrow(
      expect.objectContaining({
        code: "RDS_PROXY_INVALID_OPTION",
        message:
          "isolationLevel: not an option here, since RDS Proxy would pin every connection to one of the database's. " +
          "Set it for whole sessions in the proxy's initialization query (SET SESSION transaction_isolation = ...), or " +
          "give it to the transactions that need it.",
      }),
    );
    expect(() => dialect.check({}, OPTIONS)).not.toThrow();
  });

  it.each([
    [
      "the place",
      "host",
      "db",
      /^host: not an option here\. The token is signed .* Set `host`, `port`, `username` and/,
    ],
    [
      "a pool",
      "connectionLimit",
      5,
      /^connectionLimit: not an option here\. It is for mysql2's pool, .* Set `pool`\.$/,
    ],
    ["an unknown name", "toString", 5, /^toString: not a known option/],
  ])("refuses %s in dialectOptions", (_, name, value, message) => {
    expect(() => dialect.check({ dialectOptions: { [name]: value } }, OPTIONS)).toThrow(message);
  });

  it("takes options of the driver, and one that has no effect", () => {
    const dialectOptions = { useUTC: true, charset: "utf8mb4" };
    expect(() => dialect.check({ dialectOptions }, OPTIONS)).not.toThrow();
  });

  it.each([
    [false, undefined, false],
    [true, undefined, true],
    [true, true, false],
    [false, false, true],
  ])("has the zone set if it is chosen (%o), except with keepDefaultTimezone %o", (isChosen, keep, isSet) => {
    const request = { timezone: "+00:00", isChosen, keepDefaultTimezone: keep };
    expect(dialect.sessionZone(request)).toEqual({ isSetByStatement: isSet });
  });

  it.each([
    ["8.0.39", "8.0.39"],
    ["5.5.5-10.11.2-MariaDB-log", "10.11.2-MariaDB-log"],
    ["5.5.5-11.4.1-mariadb", "11.4.1-mariadb"],
    ["5.5.5-log", "5.5.5-log"],
    ["10.11.2-5.5.5-MariaDB", "10.11.2-5.5.5-MariaDB"],
    [undefined, undefined],
    [8, undefined],
  ])("reads the version %o from the greeting as %o", (serverVersion, version) => {
    expect(dialect.reportedVersion({ _handshakePacket: { serverVersion } })).toBe(version);
  });

  it("knows no version without a greeting", () => {
    expect(dialect.reportedVersion({})).toBeUndefined();
  });

  it.each([[{}], [{ createConnection: {} }], [{ Client: class {} }]])(
    "refuses a module that is not mysql2: %o",
    (module) => {
      expect(() =>
        dialect.superviseModule(module, Object({ sequelize: new Sequelize({ dialect: "mysql" }) })),
      ).toThrow(
        expect.objectContaining({
          code: "RDS_PROXY_INVALID_OPTION",
          message: 'dialectModule: expected mysql2. Pass the result of `import mysql2 from "mysql2"`.',
        }),
      );
    },
  );
});

describe("a connection of Sequelize to MySQL", () => {
  it("is made by the given module, with Sequelize's settings for values and our place", async () => {
    const { supervised, createConnection, connection, stub } = await connect({ module: { Types: "kept" } });
    expect(Object(supervised).Types).toBe("kept");
    expect(Object.keys(supervised)).toEqual(["createConnection"]);
    expect(connection).toBe(stub);
    expect(createConnection).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        host: PROXY,
        user: "app",
        timezone: "Z",
        multipleStatements: true,
        connectTimeout: 0,
      }),
    );
  });

  it("is destroyed by destroy() of its attempt", async () => {
    const { stub, opening } = await connect();
    opening?.destroy();
    expect(stub.stream.destroyed).toBe(true);
  });

  it("cannot be used after it is revoked", async () => {
    const { stub, connection, pooled } = await connect();
    pooled?.revoke();
    for (const method of ["query", "execute"]) {
      expect(() => connection[method]({ sql: "select 1" })).toThrow(
        expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }),
      );
    }
    expect(stub.sent).toEqual([]);
  });

  describe("that executes a statement with values", () => {
    const sql = "update notes set count = ?";
    const callback = (): void => undefined;

    it("sends them in the text, without looking for placeholders there", async () => {
      const { stub, connection } = await connect();
      stub.answer(AUTOCOMMIT);
      expect(connection.execute("update notes set text = ?", ["a :b ? \\"], callback)).toBe("queried");
      expect(connection.execute("delete from notes where count = ?", [1], callback)).toBe("queried");
      expect(stub.sent).toEqual([
        ["query", { sql: "update notes set text = 'a :b ? \\\\'", values: [] }, callback],
        ["query", { sql: "delete from notes where count = 1e0", values: [] }, callback],
      ]);
    });

    it("prepares it if that is chosen", async () => {
      const { stub, connection } = await connect({ usesPreparedStatements: true });
      expect(connection.execute(sql, [1], callback)).toBe("executed");
      expect(stub.sent).toEqual([["execute", sql, [1], callback]]);
    });

    it.each([
      ["its effect would be another", ["select ?", [1], callback]],
      ["the statement is an object", [{ sql }, [1], callback]],
      ["the values are not in a list", [sql, { length: 1, 0: 1 }, callback]],
      ["there is no callback", [sql, [1]]],
      ["there are no values", [sql, callback]],
    ])("prepares it if %s", async (_, args) => {
      const { stub, connection } = await connect();
      expect(connection.execute(...args)).toBe("executed");
      expect(stub.sent).toEqual([["execute", ...args]]);
    });

    it("prepares it if the driver has another format", async () => {
      const { stub, connection } = await connect({ config: { queryFormat: () => "" } });
      expect(connection.execute(sql, [1], callback)).toBe("executed");
      expect(stub.sent).toEqual([["execute", sql, [1], callback]]);
    });

    it("prepares it while the character set is not safe", async () => {
      const { stub, connection } = await connect();
      stub.reportCharset("gbk");
      expect(connection.execute(sql, [1], callback)).toBe("executed");
      stub.reportCharset("utf8mb4");
      expect(connection.execute(sql, [1], callback)).toBe("queried");
    });
  });

  it("sends the texts of other statements without escapes", async () => {
    const { stub, connection } = await connect();
    stub.answer(AUTOCOMMIT);
    const callback = (): void => undefined;
    expect(connection.query({ sql: "select 'it\\'s', 'a\\\\b'", rowsAsArray: true }, callback)).toBe(
      "queried",
    );
    connection.query({ sql: "select 1" }, callback);
    connection.query("select 'it\\'s'", callback);
    connection.query({ sql: 1 }, callback);
    connection.query({ text: "\\" }, callback);
    connection.query(null, callback);
    expect(stub.sent).toEqual([
      ["query", { sql: "select 'it''s', 'a\\\\b'", rowsAsArray: true }, callback],
      ["query", { sql: "select 1" }, callback],
      ["query", "select 'it\\'s'", callback],
      ["query", { sql: 1 }, callback],
      ["query", { text: "\\" }, callback],
      ["query", null, callback],
    ]);
  });

  it("refuses escapes that the session would not read", async () => {
    const { stub } = await connect();
    stub.answer(AUTOCOMMIT);
    expect(stub.refusalOf("select '\\''")).toBeUndefined();
    stub.answer(AUTOCOMMIT | NO_BACKSLASH_ESCAPES);
    expect(stub.refusalOf("select '\\''")).toMatchObject({
      code: "RDS_PROXY_UNSUPPORTED",
      message:
        "The session's sql_mode has NO_BACKSLASH_ESCAPES, and Sequelize escapes with backslashes. Remove it from " +
        "sql_mode, or pass values by `bind`.",
    });
    expect(stub.refusalOf("select 'é'")).toBeUndefined();
  });

  it("refuses texts that an unsafe character set may misread", async () => {
    const { stub } = await connect();
    expect(stub.refusalOf("select '\u0080'")).toBeUndefined();
    stub.reportCharset("gbk");
    for (const sql of ["select '\\''", "select '\u0080'", "select '\uffff'"]) {
      expect(stub.refusalOf(sql)).toMatchObject({
        code: "RDS_PROXY_UNSUPPORTED",
        message: expect.stringContaining("in the character set gbk"),
      });
    }
    expect(stub.refusalOf("select 'a\u007f'")).toBeUndefined();
  });
});
