import type { Connection, RowDataPacket } from "mysql2/promise";
import type pg from "pg";
import { expect, test } from "vitest";
import type { LocalProxyOptions } from "../options/options.js";
import { eventually } from "../testing/eventually.js";
import { connectClient } from "../testing/proxied-client.js";
import { connectMysql } from "../testing/proxied-mysql-client.js";
import { RawClient, rawMessage } from "../testing/raw-client.js";
import { RawMysqlClient, rawCommand } from "../testing/raw-mysql-client.js";
import { startForTest } from "../testing/start-for-test.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";
import { describeOn, testOn } from "../testing/tested-engines.js";

type Rules = NonNullable<NonNullable<LocalProxyOptions["pinning"]>["rules"]>;

async function rulesOfPostgres(
  work: (client: pg.Client) => Promise<unknown>,
  pinning: LocalProxyOptions["pinning"] = {},
): Promise<string[]> {
  const proxy = await startForTest({ pinning });
  const client = await connectClient(proxy);
  await work(client);
  const pinned = proxy.metrics().DatabaseConnectionsCurrentlySessionPinned;
  const rules = proxy.pins().map(({ rule }) => rule);
  expect(pinned).toBe(rules.length);
  await client.end();
  return rules;
}

async function rulesOfMysql(
  work: (client: Connection) => Promise<unknown>,
  pinning: LocalProxyOptions["pinning"] = {},
): Promise<string[]> {
  const proxy = await startMysqlForTest({ pinning });
  const client = await connectMysql(proxy);
  await work(client);
  const pinned = proxy.metrics().DatabaseConnectionsCurrentlySessionPinned;
  const rules = proxy.pins().map(({ rule }) => rule);
  expect(pinned).toBe(rules.length);
  await client.end();
  return rules;
}

describeOn("postgres", "PostgreSQL", () => {
  test("a pinned session keeps its state and its database connection to its end, apart from other clients", async () => {
    const log: string[] = [];
    const proxy = await startForTest({ log: (line) => log.push(line) });
    const client = await connectClient(proxy);
    await client.query("set search_path to 'a', 'b', 'c'");
    const other = await connectClient(proxy);
    expect((await other.query("show search_path")).rows).toEqual([{ search_path: '"$user", public' }]);
    expect((await client.query("show search_path")).rows).toEqual([{ search_path: "a, b, c" }]);
    expect(proxy.metrics()).toMatchObject({
      DatabaseConnections: 2,
      DatabaseConnectionsCurrentlyBorrowed: 1,
      DatabaseConnectionsCurrentlySessionPinned: 1,
    });
    expect(log).toContain(
      `[WARN] [proxyEndpoint=default] [clientConnection=1] The client session was pinned to the database connection [dbConnection=1] for the remainder of the session. The proxy can't reuse this connection until the session ends. Reason: SQL changed session settings that the proxy doesn't track. Consider moving session configuration to the proxy's initialization query. Digest: "set search_path to $1,$2,$3".`,
    );
    expect(proxy.pins()).toEqual([
      {
        connection: 1,
        databaseConnection: 1,
        rule: "set",
        reason: expect.stringContaining("SQL changed session settings"),
        digest: "set search_path to $1,$2,$3",
      },
    ]);
    await client.end();
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlySessionPinned === 0);
    expect((await other.query("show search_path")).rows).toEqual([{ search_path: '"$user", public' }]);
    await other.end();
  });

  test("a session is pinned once, with the first cause", async () => {
    expect(
      await rulesOfPostgres(async (client) => {
        await client.query("select pg_advisory_lock(77)");
        await client.query("set work_mem = '1MB'");
      }),
    ).toEqual(["advisory-lock"]);
  });

  test("statements within a transaction pin too", async () => {
    const proxy = await startForTest();
    const client = await connectClient(proxy);
    await client.query("begin");
    await client.query("create temporary table pinned_temp (id int)");
    await client.query("commit");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(1);
    expect((await client.query("select * from pinned_temp")).rows).toEqual([]);
    await client.end();
  });

  test("unnamed statements with values do not pin, named ones do", async () => {
    expect(await rulesOfPostgres((client) => client.query("select $1::int", [1]))).toEqual([]);
    expect(
      await rulesOfPostgres((client) => client.query({ name: "n", text: "select $1::int", values: [1] })),
    ).toEqual(["named-statement"]);
  });

  test.each<[keyof Rules, string]>([
    ["set-local", "set local work_mem = '1MB'"],
    ["set-config-local", "select set_config('work_mem', '1MB', true)"],
    ["set-transaction", "set transaction read only"],
  ])("%s pins, unless it is switched off", async (rule, statement) => {
    const work = async (client: pg.Client): Promise<void> => {
      await client.query("begin");
      await client.query(statement);
      await client.query("commit");
    };
    expect(await rulesOfPostgres(work)).toEqual([rule]);
    expect(await rulesOfPostgres(work, { rules: { [rule]: false } })).toEqual([]);
  });

  test("named statements and named portals pin, unless they are switched off", async () => {
    for (const [rule, messages] of [
      ["named-statement", [rawMessage("P", "s\0select 1\0\0\0"), rawMessage("B", "\0s\0\0\0\0\0\0\0")]],
      ["named-portal", [rawMessage("P", "\0select 1\0\0\0"), rawMessage("B", "p\0\0\0\0\0\0\0\0")]],
    ] as const) {
      for (const isOn of [true, false]) {
        const proxy = await startForTest({ pinning: { rules: { [rule]: isOn } } });
        const client = await RawClient.logIn(proxy);
        client.send(...messages, rawMessage("S"));
        await client.messagesUntil("Z");
        expect(proxy.pins().map((pin) => pin.rule)).toEqual(isOn ? [rule] : []);
        client.destroy();
      }
    }
  });

  test("a statement of more than 16,384 bytes pins, by its text and not by bound values", async () => {
    const statement = (bytes: number): string => `select '${"x".repeat(bytes - 9)}'`;
    expect(await rulesOfPostgres((client) => client.query(statement(16_384)))).toEqual([]);
    expect(await rulesOfPostgres((client) => client.query(statement(16_385)))).toEqual(["long-statement"]);
    const bound = (client: pg.Client): Promise<unknown> =>
      client.query("select length($1::text)", ["x".repeat(20_000)]);
    expect(await rulesOfPostgres(bound)).toEqual([]);
    expect(await rulesOfPostgres(bound, { countsBoundValues: true })).toEqual(["long-statement"]);
  });

  test("the limit can be changed, and can count characters", async () => {
    const umlauts = (client: pg.Client): Promise<unknown> => client.query(`select '${"ä".repeat(91)}'`);
    expect(await rulesOfPostgres(umlauts, { statementLimit: 100 })).toEqual(["long-statement"]);
    expect(await rulesOfPostgres(umlauts, { statementLimit: 100, statementLimitUnit: "characters" })).toEqual(
      [],
    );
    expect(await rulesOfPostgres(umlauts, { statementLimit: 99, statementLimitUnit: "characters" })).toEqual([
      "long-statement",
    ]);
  });

  test("the initialization query runs on each database connection, and pins no session", async () => {
    const proxy = await startForTest({ initQuery: "SET work_mem = '7MB'; SET TIME ZONE 'Asia/Tokyo'" });
    const clients = [await connectClient(proxy), await connectClient(proxy)];
    await clients[0]?.query("begin");
    for (const client of clients) {
      expect((await client.query("show work_mem")).rows).toEqual([{ work_mem: "7MB" }]);
    }
    expect(proxy.metrics().DatabaseConnections).toBe(2);
    expect(proxy.pins()).toEqual([]);
    await Promise.all(clients.map((client) => client.end()));
  });

  test("a failing initialization query refuses the login", async () => {
    const proxy = await startForTest({ initQuery: "SET nonsense = 1" });
    await expect(connectClient(proxy)).rejects.toMatchObject({
      code: "XX000",
      message: 'Request returned an error: unrecognized configuration parameter "nonsense"',
    });
    expect(proxy.metrics()).toMatchObject({ DatabaseConnections: 0, DatabaseConnectionsSetupFailed: 1 });
  });
});

describeOn("mysql", "MySQL", () => {
  test("a pinned session keeps its state and its database connection to its end, apart from other clients", async () => {
    const log: string[] = [];
    const proxy = await startMysqlForTest({ log: (line) => log.push(line) });
    const client = await connectMysql(proxy);
    await client.query("set @total = 41");
    const other = await connectMysql(proxy);
    expect((await other.query("select @total as total"))[0]).toEqual([{ total: null }]);
    const [rows] = await client.query<RowDataPacket[]>("select @total + 1 as total");
    expect(Number(rows[0]?.["total"])).toBe(42);
    expect(proxy.metrics()).toMatchObject({
      DatabaseConnectionsCurrentlyBorrowed: 1,
      DatabaseConnectionsCurrentlySessionPinned: 1,
    });
    expect(log.filter((line) => line.startsWith("[WARN]"))).toEqual([
      `[WARN] [proxyEndpoint=default] [clientConnection=1] The client session was pinned to the database connection [dbConnection=1] for the remainder of the session. The proxy can't reuse this connection until the session ends. Reason: SQL changed session settings that the proxy doesn't track. Consider moving session configuration to the proxy's initialization query. Digest: "set @total = ?".`,
    ]);
    await client.end();
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlySessionPinned === 0);
    expect((await other.query("select @total as total"))[0]).toEqual([{ total: null }]);
    await other.end();
  });

  test("prepared statements pin, text queries with values do not", async () => {
    expect(await rulesOfMysql((client) => client.query("select ?", [1]))).toEqual([]);
    expect(await rulesOfMysql((client) => client.execute("select ?", [1]))).toEqual(["prepared-statement"]);
    expect(await rulesOfMysql((client) => client.query("prepare s from 'select 1'"))).toEqual([
      "prepared-statement",
    ]);
  });

  test.each<[keyof Rules, string]>([
    ["set-variable", "set session sort_buffer_size = 262144"],
    ["next-transaction", "set transaction isolation level serializable"],
    ["get-lock", "select get_lock('pinning test', 1)"],
    ["temporary-table", "create temporary table pinned (id int)"],
    ["executable-comment", "select /*!40101 1 + */ 1"],
    ["row-count", "select found_rows()"],
    ["lock-table", "lock tables information_schema.tables read"],
  ])("%s pins, unless it is switched off", async (rule, statement) => {
    const work = (client: Connection): Promise<unknown> => client.query(statement).catch(() => undefined);
    expect(await rulesOfMysql(work)).toEqual([rule]);
    expect(await rulesOfMysql(work, { rules: { [rule]: false } })).toEqual([]);
  });

  test("an interpolated statement of more than 16,384 bytes pins", async () => {
    const long = (client: Connection): Promise<unknown> =>
      client.query("select length(?)", ["x".repeat(17_000)]);
    expect(await rulesOfMysql(long)).toEqual(["long-statement"]);
    expect(await rulesOfMysql(long, { rules: { "long-statement": false } })).toEqual([]);
  });

  test("several statements in one query are checked separately, unless multi-statement is on", async () => {
    for (const isOn of [false, true]) {
      const proxy = await startMysqlForTest({ pinning: { rules: { "multi-statement": isOn } } });
      const client = await connectMysql(proxy, { config: { multipleStatements: true } });
      await client.query("select 1; select 2");
      expect(proxy.pins().map(({ rule }) => rule)).toEqual(isOn ? ["multi-statement"] : []);
      await client.query("select 3; set @a = 1");
      expect(proxy.pins().length).toBe(1);
      await client.end();
    }
  });

  test("with EXCLUDE_VARIABLE_SETS, SET does not pin, and its value stays on the database connection", async () => {
    const proxy = await startMysqlForTest({ pinning: { filters: ["EXCLUDE_VARIABLE_SETS"] } });
    const client = await connectMysql(proxy);
    await client.query("set @leaked = 1");
    expect(proxy.pins()).toEqual([]);
    const other = await connectMysql(proxy);
    expect((await other.query("select @leaked as leaked"))[0]).toEqual([{ leaked: 1 }]);
    await client.query("select get_lock('filtered', 1)");
    expect(proxy.pins().map(({ rule }) => rule)).toEqual(["get-lock"]);
    await Promise.all([client.end(), other.end()]);
  });

  test("a statement that fails by a fault does not pin", async () => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    proxy.faults.failStatements("unknown");
    await expect(client.query("set @a = 1")).rejects.toMatchObject({ errno: 1105 });
    expect(proxy.pins()).toEqual([]);
    await client.end();
  });

  test("COM_SET_OPTION changes an untracked setting, and pins", async () => {
    const proxy = await startMysqlForTest();
    const client = await RawMysqlClient.logIn(proxy);
    client.send(rawCommand(0x1b, Buffer.from([1, 0])));
    await client.nextPacket();
    expect(proxy.pins()).toMatchObject([{ rule: "set-variable", digest: undefined }]);
    client.destroy();
  });

  test("the initialization query runs on each database connection, and pins no session", async () => {
    const proxy = await startMysqlForTest({
      initQuery: "SET time_zone = '+09:00', sort_buffer_size = 262144",
    });
    const client = await connectMysql(proxy);
    const [rows] = await client.query("select @@time_zone as zone, @@sort_buffer_size as size");
    expect(rows).toEqual([{ zone: "+09:00", size: 262_144 }]);
    expect(proxy.pins()).toEqual([]);
    await client.end();
  });
});

testOn("postgres", "statements outside of the lists do not pin", async () => {
  const postgres = await startForTest();
  const client = await connectClient(postgres);
  await client.query("create table if not exists unpinned (id serial primary key, name text)");
  for (const statement of [
    "begin",
    "insert into unpinned (name) values ('set x = 1; listen y') returning id",
    "select pg_advisory_xact_lock(5)",
    "commit",
    "drop table unpinned",
  ]) {
    await client.query(statement);
  }
  expect(postgres.pins()).toEqual([]);
  await client.end();
});
