import middy from "@middy/core";
import type { Mysql2Connection } from "@rds-proxy/adapter-mysql2";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { RowDataPacket } from "mysql2/promise";
import { beforeEach, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";

let proxy: LocalProxy;
let invoke: <Result>(work: (db: Mysql2Connection) => Promise<Result>) => Promise<Result>;
beforeEach(async () => {
  proxy = await startLocalProxy({ engine: "mysql", upstream: inject("mysql") });
  onTestFinished(() => proxy.close());
  invoke = invokerWith();
});

function invokerWith(options: RdsProxyOptions = {}): typeof invoke {
  const middleware = rdsProxy({ ...connectTo(proxy), ...options });
  onTestFinished(() => middleware.close());
  return (work) =>
    middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => work(db))({}, lambdaContext());
}

async function isInTransaction(db: Mysql2Connection): Promise<boolean> {
  const [rows] = await db.query<RowDataPacket[]>(
    "select count(*) as open from information_schema.innodb_trx where trx_mysql_thread_id = connection_id()",
  );
  return Number(rows[0]?.["open"]) > 0;
}

/** MySQL does not: https://dev.mysql.com/doc/refman/8.4/en/sql-prepared-statements.html */
const canPrepareBegin = !inject("servers").includes("mysql");

test("a prepared BEGIN does what it does on this server", async () => {
  const begin = invoke((db) => db.execute("begin"));
  if (canPrepareBegin) await begin;
  else await expect(begin).rejects.toMatchObject({ code: "ER_UNSUPPORTED_PS", errno: 1295 });
  expect(await invoke(isInTransaction)).toBe(false);
});

const BEGINS: readonly (readonly [name: string, begin: (db: Mysql2Connection) => Promise<unknown>])[] = [
  ["beginTransaction()", (db) => db.beginTransaction()],
  ["start transaction", (db) => db.query("start transaction")],
  ["a prepared statement", (db) => db.execute("begin")],
];

test.each(canPrepareBegin ? BEGINS : BEGINS.slice(0, -1))(
  "a transaction begun by %s and left open does not reach the next invocation",
  async (_, begin) => {
    await invoke(async (db) => {
      await db.query("create table if not exists left_open (id int)");
      await begin(db);
      await db.query("insert into left_open values (1)");
    });
    expect(await invoke(isInTransaction)).toBe(false);
  },
);

test.each(["discard", "keep"] as const)(
  "a session without autocommit does not reach the next invocation with sessionState: %s",
  async (sessionState) => {
    const invokeWith = invokerWith({ sessionState });
    await invokeWith((db) => db.query("set autocommit = 0"));
    const [rows] = await invokeWith((db) => db.query<RowDataPacket[]>("select @@autocommit as autocommit"));
    expect(rows[0]?.["autocommit"]).toBe(1);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  },
);

test("a stream that was not read to its end costs the connection, not the next invocation", async () => {
  await invoke(async (db) => {
    const core: unknown = Reflect.get(db, "connection");
    const command: unknown = Reflect.apply(Reflect.get(Object(core), "query"), core, [
      "select * from information_schema.columns a cross join information_schema.columns b",
    ]);
    const stream: unknown = Reflect.get(Object(command), "stream").call(command);
    await new Promise((resolve) => Reflect.get(Object(stream), "once").call(stream, "data", resolve));
  });
  const [rows] = await invoke((db) => db.query<RowDataPacket[]>("select 1 as one"));
  expect(rows[0]?.["one"]).toBe(1);
});

test("prepared statements work", async () => {
  const [rows] = await invoke((db) => db.execute<RowDataPacket[]>("select ? as n", [7]));
  expect(Number(rows[0]?.["n"])).toBe(7);
});

test("objects that a handler took from its connection fail on use after the invocation", async () => {
  const kept = await invoke(async (db) => {
    const core: unknown = Reflect.get(db, "connection");
    const statement = await db.prepare("select 1 as one");
    expect(await statement.execute([])).toBeDefined();
    return { statement, promises: Reflect.apply(Reflect.get(Object(core), "promise"), core, []) };
  });
  await expect(kept.statement.execute([])).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
  await expect(Reflect.get(Object(kept.promises), "query")("select 1")).rejects.toMatchObject({
    code: "RDS_PROXY_LEASE_ENDED",
  });
});

test("a handler can neither close the connection nor remove the library's listeners", async () => {
  await invoke(async (db) => {
    await db[Symbol.asyncDispose]();
    await db.end();
    const core = Object(Reflect.get(db, "connection"));
    core.on("error", () => undefined);
    core.removeAllListeners("error");
    db.removeAllListeners();
  });
  const [rows] = await invoke((db) => db.query<RowDataPacket[]>("select 1 as one"));
  expect(rows[0]?.["one"]).toBe(1);
  expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  proxy.faults.killConnections("rst");
  await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
});

test("a paused connection is not reused", async () => {
  await invoke(async (db) => db.pause());
  const [rows] = await invoke((db) => db.query<RowDataPacket[]>("select 1 as one"));
  expect(rows[0]?.["one"]).toBe(1);
  expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
});

test("a stream whose reader is slow, or stops early, keeps its connection", async () => {
  await invoke(async (db) => {
    const core: unknown = Reflect.get(db, "connection");
    const command: unknown = Reflect.apply(Reflect.get(Object(core), "query"), core, [
      "select a.ordinal_position from information_schema.columns a limit 3000",
    ]);
    const stream: AsyncIterable<unknown> = Reflect.get(Object(command), "stream").call(command);
    for await (const row of stream) {
      expect(row).toBeDefined();
      break;
    }
    const [rows] = await db.query<RowDataPacket[]>("select 1 as one");
    expect(rows[0]?.["one"]).toBe(1);
  });
  expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
});
