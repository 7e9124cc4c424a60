import middy from "@middy/core";
import { type Mysql2Connection, mysql2Adapter } from "@rds-proxy/adapter-mysql2";
import type { PgConnection } from "@rds-proxy/adapter-pg";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { type RdsProxyMiddleware, rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import type { Connection } from "mysql2";
import type { RowDataPacket } from "mysql2/promise";
import pg from "pg";
import pgvector from "pgvector/pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { lambdaContext } from "../../packages/conformance/src/lambda-context.js";
import { connectTo } from "../support/connect-to.js";
import { describeOn } from "../support/tested-engines.js";

/** One execution environment, whose invocations are the given functions. */
function environmentOf<Db>(proxy: LocalProxy, middleware: RdsProxyMiddleware<"db", Db>) {
  onTestFinished(async () => {
    await middleware.close();
    await proxy.close();
  });
  const invoke = <Result>(handler: (db: Db) => Promise<Result>): Promise<Result> =>
    middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => handler(db))({}, lambdaContext());
  return { invoke, logins: () => proxy.metrics().ClientConnectionsReceived };
}

const ended = expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" });

describeOn("mysql", "a connection of mysql2 in a handler", () => {
  async function start() {
    const proxy = await startLocalProxy({ engine: "mysql", upstream: inject("mysql") });
    const adapter = mysql2Adapter({ connectAttributes: { program: "tests" } });
    return environmentOf(proxy, rdsProxyMysql({ ...connectTo(proxy), prefetch: false, adapter }));
  }

  /** The connection without promises, which mysql2's types do not mention. */
  const coreOf = (db: Mysql2Connection): Connection => Object(Reflect.get(db, "connection"));

  async function one(
    db: Mysql2Connection,
    sql: string,
    values?: Readonly<Record<string, number>>,
  ): Promise<unknown> {
    const [[row]] = await db.query<RowDataPacket[]>({ sql, ...(values && { values }) });
    return row && Object.values(row)[0];
  }

  test("applies settings in its configuration, as mysql2 documents them, to one invocation", async () => {
    const { invoke, logins } = await start();
    await invoke(async (db) => {
      db.config.namedPlaceholders = true;
      expect(await one(db, "select :a", { a: 5 })).toBe(5);
      coreOf(db).config.queryFormat = (statement: string) => statement.replace("five", "55");
      expect(await one(db, "select five")).toBe(55);
      expect(coreOf(db).config).toBe(db.config);
      db.config.rowsAsArray = true;
      db.config.timezone = "+05:00";
    });
    await invoke(async (db) => {
      expect(db.config.namedPlaceholders).toBe(false);
      expect(coreOf(db).config).not.toHaveProperty("queryFormat", expect.any(Function));
      await expect(one(db, "select :a", { a: 5 })).rejects.toThrow();
      await expect(one(db, "select five")).rejects.toThrow();
      const [rows] = await db.query<RowDataPacket[]>("select timestamp '2026-01-02 03:04:05' as t");
      expect(rows).toEqual([{ t: new Date(2026, 0, 2, 3, 4, 5) }]);
    });
    expect(logins()).toBe(1);
  });

  test("ignores changes to its configuration after the invocation", async () => {
    const { invoke } = await start();
    const kept = await invoke(async (db) => db.config);
    kept.queryFormat = () => "select 'stolen'";
    expect(await invoke((db) => one(db, "select 1"))).toBe(1);
    expect(await invoke(async (db) => db.config === kept)).toBe(false);
  });

  test("refuses every use after the invocation, also of objects below that were not read before", async () => {
    const { invoke, logins } = await start();
    const { db } = await invoke(async (view) => ({ db: view }));
    Object.assign(db.config, { queryFormat: () => "select 'stolen'" });
    Object.assign(coreOf(db).config, { queryFormat: () => "select 'stolen'" });
    expect(() => coreOf(db).query("select 'stolen'")).toThrow(ended);
    expect(() => Object(Reflect.get(coreOf(db), "stream")).destroy()).toThrow(ended);
    expect(() => coreOf(db).on("error", () => undefined)).toThrow(ended);
    expect(await invoke((next) => one(next, "select 1"))).toBe(1);
    expect(logins()).toBe(1);
  });

  test("keeps changes to shared parts of its configuration from other connections", async () => {
    const { invoke, logins } = await start();
    await invoke(async (db) => {
      Object.assign(Object(db.config.ssl), { rejectUnauthorized: false, verifyIdentity: false });
      Object.assign(Object(db.config.connectAttributes), { program: "other" });
      Object.assign(Object(db.config.authPlugins), { mysql_clear_password: () => () => "stolen" });
      db.destroy();
    });
    await invoke(async (db) => {
      expect(db.config).toMatchObject({
        ssl: { rejectUnauthorized: true, verifyIdentity: true },
        connectAttributes: { program: "tests" },
      });
      expect(await one(db, "select 1")).toBe(1);
    });
    expect(logins()).toBe(2);
  });

  test("is closed after an invocation that changed its user or character set", async () => {
    const { invoke, logins } = await start();
    // Whether or not it succeeds: RDS Proxy documents no change of users.
    await invoke((db) => db.changeUser({ database: "information_schema" }).catch(() => undefined));
    await invoke((db) => one(db, "select 1"));
    expect(logins()).toBe(2);
    await invoke(async (db) => {
      expect(Reflect.get(db.config, "charsetNumber")).toEqual(expect.any(Number));
      Object.assign(db.config, { charsetNumber: 8 });
    });
    expect(await invoke((db) => one(db, "select 'ü'"))).toBe("ü");
    expect(logins()).toBe(3);
  });

  test("gives access to its socket, and is closed after an invocation that changed it", async () => {
    const { invoke, logins } = await start();
    const { stream, seen } = await invoke(async (db) => {
      const socket: unknown = Reflect.get(coreOf(db), "stream");
      return { stream: Object(socket), seen: Object(socket).getProtocol() };
    });
    expect(seen).toMatch(/^TLSv1/);
    expect(() => stream.write("x")).toThrow(ended);
    expect(() => stream.destroy()).toThrow(ended);
    await invoke(async (db) => {
      expect(Reflect.get(coreOf(db), "stream")).not.toBe(stream);
      Object(Reflect.get(coreOf(db), "stream")).setTimeout(1);
    });
    expect(logins()).toBe(1);
    expect(await invoke((db) => one(db, "select 1"))).toBe(1);
    expect(logins()).toBe(2);
  });
});

describeOn("postgres", "a connection of pg in a handler", () => {
  async function start() {
    const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
    return environmentOf(proxy, rdsProxy({ ...connectTo(proxy), prefetch: false }));
  }

  async function one(db: PgConnection, statement: string): Promise<unknown> {
    const { rows } = await db.query({ text: statement, rowMode: "array" });
    return rows[0]?.[0];
  }

  /** Creates a type of this test with the text format of pgvector's. */
  async function createVectorType(): Promise<string> {
    const admin = new pg.Client(inject("postgres"));
    await admin.connect();
    const schema = `view_${crypto.randomUUID().replaceAll("-", "")}`;
    await admin.query(`create schema ${schema}`);
    await admin.query(`create type ${schema}.vector as enum ('[1,2,3]')`);
    onTestFinished(async () => {
      await admin.query(`drop schema ${schema} cascade`);
      await admin.end();
    });
    return `${schema}.vector`;
  }

  test("applies type parsers to one invocation, also those that need a query for their types", async () => {
    const { invoke, logins } = await start();
    const type = await createVectorType();
    await invoke(async (db) => {
      await pgvector.registerTypes(db);
      expect(await one(db, `select '[1,2,3]'::${type}`)).toEqual([1, 2, 3]);
      db.setTypeParser(pg.types.builtins.INT8, BigInt);
      db.setTypeParser(pg.types.builtins.BOOL, "text", () => "parsed");
      expect(await one(db, "select 5::int8")).toBe(5n);
      expect(db.getTypeParser(pg.types.builtins.BOOL, "text")("t")).toBe("parsed");
    });
    await invoke(async (db) => {
      expect(await one(db, `select '[1,2,3]'::${type}`)).toBe("[1,2,3]");
      expect(await one(db, "select 5::int8")).toBe("5");
      expect(await one(db, "select true")).toBe(true);
    });
    expect(logins()).toBe(1);
  });

  test("refuses every use after the invocation, also of objects below that were not read before", async () => {
    const { invoke, logins } = await start();
    const { db } = await invoke(async (view) => ({ db: view }));
    expect(() => Object(Reflect.get(db, "connection")).query("select 'stolen'")).toThrow(ended);
    expect(() => Object(Reflect.get(db, "connection")).stream.destroy()).toThrow(ended);
    expect(() => Object(Reflect.get(db, "connection")).on("message", () => undefined)).toThrow(ended);
    expect(() => db.on("notice", () => undefined)).toThrow(ended);
    await invoke((next) => one(next, "select 1"));
    expect(logins()).toBe(1);
  });

  test("accepts no type parser after its invocation", async () => {
    const { invoke } = await start();
    const { db, setTypeParser } = await invoke(async (db) => {
      db.setTypeParser(pg.types.builtins.INT4, () => "mine");
      return { db, setTypeParser: db.setTypeParser };
    });
    expect(() => db.setTypeParser(pg.types.builtins.INT4, () => "stolen")).toThrow(ended);
    expect(() => setTypeParser(pg.types.builtins.INT4, () => "stolen")).toThrow(ended);
    const types: unknown = Reflect.get(db, "_types");
    Object(types).setTypeParser(pg.types.builtins.INT4, () => "stolen");
    expect(await invoke((next) => one(next, "select 1"))).toBe(1);
  });

  test("gives access to the objects below it until the invocation ends", async () => {
    const { invoke, logins } = await start();
    const heard: unknown[] = [];
    const below = await invoke(async (db) => {
      const connection = Object(Reflect.get(db, "connection"));
      connection.on("message", (message: unknown) => heard.push(message));
      await one(db, "select 1");
      Object.assign(connection, { stream: undefined });
      Object.assign(Object(Reflect.get(db, "connectionParameters")), { query_timeout: 1 });
      return { connection, stream: Object(Object(Reflect.get(db, "connection")).parsedStatements) };
    });
    const count = heard.length;
    expect(count).toBeGreaterThan(0);
    expect(() => below.connection.query("select 'stolen'")).toThrow(ended);
    expect(() => below.connection.end()).toThrow(ended);
    await invoke(async (db) => {
      expect(await one(db, "select pg_sleep(0.05)::text")).toBe("");
      const parameters: unknown = Reflect.get(db, "connectionParameters");
      expect(parameters).not.toHaveProperty("query_timeout", 1);
    });
    expect(heard).toHaveLength(count);
    expect(logins()).toBe(1);
  });

  test("is closed after an invocation that changed an object below it", async () => {
    const { invoke, logins } = await start();
    // Returned by itself, Middy would treat it as a streamed response.
    const { stream } = await invoke(async (db) => ({
      stream: Object(Reflect.get(db, "connection")).stream,
    }));
    expect(() => stream.write("x")).toThrow(ended);
    await invoke(async (db) => {
      const socket = Object(Reflect.get(db, "connection")).stream;
      expect(socket.getProtocol()).toMatch(/^TLSv1/);
    });
    expect(logins()).toBe(1);
    await invoke(async (db) => {
      Object(Reflect.get(db, "connection")).stream.setTimeout(1);
    });
    expect(await invoke((db) => one(db, "select 1"))).toBe(1);
    expect(logins()).toBe(2);
  });
});
