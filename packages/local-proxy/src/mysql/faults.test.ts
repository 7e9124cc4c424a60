import type { RowDataPacket } from "mysql2/promise";
import { expect, inject, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { connectMysql, mysqlLoginFailure } from "../testing/proxied-mysql-client.js";
import { errorOf, RawMysqlClient, rawCommand } from "../testing/raw-mysql-client.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";

const accessDenied = `Access denied for user '${inject("mysql").user}'@'%' (using password: YES)`;

test.each([
  ["exhausted", 1040, "08004", "Too many connections"],
  ["throttled", 1040, "HY000", "IAM authentication rate limit exceeded"],
  ["rate-limited", 1040, "HY000", "Connections rate limit exceeded (200)"],
  ["too-many-clients", 1040, "HY000", "Number simultaneous connections exceeded (1000)"],
  ["borrow-timeout", 9501, "HY000", "Timed-out waiting to acquire database connection"],
  ["refused", 1045, "28000", accessDenied],
  ["no-credentials", 1045, "28000", accessDenied],
  ["starting", 3168, "HY000", "Server isn't available"],
  ["unknown", 1105, "HY000", "Unknown error"],
] as const)("failConnects(%j) refuses one login with %i", async (fault, errno, sqlState, message) => {
  const proxy = await startMysqlForTest();
  proxy.faults.failConnects(fault);
  expect(await mysqlLoginFailure(proxy)).toMatchObject({ errno, sqlState, message });
  await (await connectMysql(proxy)).end();
  expect(proxy.metrics().TokensVerified).toBe(2);
});

const stages = ["on-accept", "before-tls-reply", "after-tls", "after-startup", "after-password"] as const;

test.each(stages)("a login is reset or closed %s", async (stage) => {
  const proxy = await startMysqlForTest();
  proxy.faults.failConnects(`reset-${stage}`);
  expect((await mysqlLoginFailure(proxy)).message).toContain("ECONNRESET");
  proxy.faults.failConnects(`close-${stage}`);
  expect((await mysqlLoginFailure(proxy)).message).toMatch(/Connection lost|disconnected before secure TLS/);
  await (await connectMysql(proxy)).end();
});

test.each(stages)("a silenced login stays silent %s, beyond the login deadline", async (stage) => {
  const proxy = await startMysqlForTest({ loginTimeoutMs: 1 });
  proxy.faults.failConnects(`silence-${stage}`);
  const failure = await mysqlLoginFailure(proxy, { config: { connectTimeout: 100 } });
  expect(failure).toMatchObject({ code: "ETIMEDOUT" });
  await eventually(() => proxy.metrics().ClientConnections === 0);
});

test.each([
  ["fin", { code: "PROTOCOL_CONNECTION_LOST", fatal: true }],
  ["rst", { code: "ECONNRESET", fatal: true }],
  ["admin-shutdown", { code: 1053, message: "Server shutdown in progress", fatal: true }],
] as const)(
  "killConnections(%j) ends idle sessions with an error that the driver recognises",
  async (manner, error) => {
    const proxy = await startMysqlForTest();
    const clients = [await connectMysql(proxy), await connectMysql(proxy)];
    expect(proxy.faults.killConnections(manner)).toBe(2);
    await eventually(() => clients.every(({ errors }) => errors.length > 0));
    for (const { errors } of clients) expect(errors).toEqual([expect.objectContaining(error)]);
    await eventually(() => proxy.metrics().ClientConnections === 0);
    await (await connectMysql(proxy)).end();
  },
);

test.each([
  ["fin", { code: "PROTOCOL_CONNECTION_LOST" }],
  ["rst", { code: "ECONNRESET" }],
  ["admin-shutdown", { errno: 1053, sqlState: "08S01", message: "Server shutdown in progress" }],
] as const)("killConnections(%j) fails a running statement", async (manner, failure) => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  const running = expect(client.query("select sleep(3)")).rejects.toMatchObject(failure);
  await eventually(() => proxy.metrics().QueryRequests === 1);
  expect(proxy.faults.killConnections(manner)).toBe(1);
  await running;
});

test("a shutdown's error has the sequence number that the client expects: idle, waiting, and during a reply", async () => {
  const proxy = await startMysqlForTest();
  const idle = await RawMysqlClient.logIn(proxy);
  idle.send(rawCommand(3, "select 1"));
  await idle.packets(5);
  const waiting = await RawMysqlClient.logIn(proxy);
  waiting.send(rawCommand(3, "select sleep(3)"));
  const inside = await RawMysqlClient.logIn(proxy);
  inside.send(rawCommand(3, "do 1; select sleep(3)"));
  expect((await inside.nextPacket()).sequence).toBe(1);
  await eventually(() => proxy.metrics().QueryRequests === 3);
  proxy.faults.killConnections("admin-shutdown");
  const shutdown = { errno: 1053, sqlState: "08S01", text: "Server shutdown in progress" };
  expect(errorOf(await idle.nextPacket())).toEqual({ sequence: 0, ...shutdown });
  expect(errorOf(await waiting.nextPacket())).toEqual({ sequence: 1, ...shutdown });
  expect(errorOf(await inside.nextPacket())).toEqual({ sequence: 2, ...shutdown });
  expect((await waiting.ending()).how).toBe("closed");
});

test("an open transaction is rolled back when its session is killed", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await client.query("drop table if exists killed_transaction");
  await client.query("create table killed_transaction (id int) engine=innodb");
  await client.beginTransaction();
  await client.query("insert into killed_transaction values (1)");
  proxy.faults.killConnections("rst");
  await eventually(() => proxy.metrics().ClientConnections === 0);
  const later = await connectMysql(proxy);
  expect((await later.query("select * from killed_transaction"))[0]).toEqual([]);
  await later.query("drop table killed_transaction");
  await later.end();
});

test("silenced sessions drop statements and stay open", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  expect(proxy.faults.silenceConnections()).toBe(1);
  await expect(client.query({ sql: "select 1", timeout: 200 })).rejects.toMatchObject({
    code: "PROTOCOL_SEQUENCE_TIMEOUT",
  });
  expect(proxy.metrics()).toMatchObject({ ClientConnections: 1, QueryRequests: 0 });
  client.destroy();
  await eventually(() => proxy.metrics().ClientConnections === 0);
});

test.each(["query", "execute"] as const)(
  "loseNextReply runs what %s sends and resets the client",
  async (method) => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    await client.query(`drop table if exists lost_reply_${method}`);
    await client.query(`create table lost_reply_${method} (id int)`);
    proxy.faults.loseNextReply();
    const insert = `insert into lost_reply_${method} values (?)`;
    const lost = method === "query" ? client.query(insert, [1]) : client.execute(insert, [1]);
    await expect(lost).rejects.toMatchObject({ code: "ECONNRESET" });
    const later = await connectMysql(proxy);
    expect((await later.query(`select * from lost_reply_${method}`))[0]).toEqual([{ id: 1 }]);
    await later.query(`drop table lost_reply_${method}`);
    await later.end();
  },
);

test("loseNextReply before COMMIT loses the reply, not the transaction", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await client.query("drop table if exists lost_commit");
  await client.query("create table lost_commit (id int) engine=innodb");
  await client.beginTransaction();
  await client.query("insert into lost_commit values (1)");
  proxy.faults.loseNextReply();
  await expect(client.commit()).rejects.toMatchObject({ code: "ECONNRESET" });
  const later = await connectMysql(proxy);
  expect((await later.query("select * from lost_commit"))[0]).toEqual([{ id: 1 }]);
  await later.query("drop table lost_commit");
  await later.end();
});

test.each([
  ["reset-before-commit", { code: "ECONNRESET" }, []],
  ["close-before-commit", { code: "PROTOCOL_CONNECTION_LOST" }, []],
  ["silence-before-commit", { code: "PROTOCOL_SEQUENCE_TIMEOUT" }, []],
  ["reset-after-commit", { code: "ECONNRESET" }, [{ id: 1 }]],
  ["close-after-commit", { code: "PROTOCOL_CONNECTION_LOST" }, [{ id: 1 }]],
  ["silence-after-commit", { code: "PROTOCOL_SEQUENCE_TIMEOUT" }, [{ id: 1 }]],
] as const)("failCommits(%j) takes the reply of a COMMIT, and nothing else", async (fault, error, rows) => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await client.query("drop table if exists failing_commit");
  await client.query("create table failing_commit (id int) engine=innodb");
  await client.beginTransaction();
  await client.query("insert into failing_commit values (1)");
  proxy.faults.failCommits(fault);
  await client.query("select 'commit'");
  expect(proxy.metrics().CommitsLost).toEqual({});
  const lost = client.query({ sql: "/* over */ commit work", timeout: 300 });
  await expect(lost).rejects.toMatchObject(error);
  expect(proxy.metrics().CommitsLost).toEqual({ [fault]: 1 });
  client.destroy();
  await eventually(() => proxy.metrics().ClientConnections === 0);
  const later = await connectMysql(proxy);
  expect((await later.query("select id from failing_commit"))[0]).toEqual(rows);
  await later.query("drop table failing_commit");
  await later.end();
});

test("while read only, the server itself answers writes with 1792, in old sessions and new ones", async () => {
  const proxy = await startMysqlForTest({ recordMessages: true });
  const old = await connectMysql(proxy);
  proxy.faults.setReadOnly(true);
  const fresh = await connectMysql(proxy);
  for (const client of [old, fresh]) {
    await expect(client.query("create table read_only_test (id int)")).rejects.toMatchObject({
      errno: 1792,
      sqlState: "25006",
    });
    expect((await client.execute("select ? as one", [1]))[0]).toEqual([{ one: 1 }]);
  }
  proxy.faults.setReadOnly(false);
  await old.query("create temporary table read_only_test (id int)");
  // Statements of the proxy are not recorded as the client's.
  expect(proxy.messages().filter(({ text }) => text?.startsWith("SET"))).toEqual([]);
  await Promise.all([old.end(), fresh.end()]);
});

test("a transaction that is under way keeps its mode until it ends", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await client.query("drop table if exists still_writing");
  await client.query("create table still_writing (id int) engine=innodb");
  await client.beginTransaction();
  // Servers report the transaction with BEGIN or with the first statement in it.
  await client.query("insert into still_writing values (0)");
  proxy.faults.setReadOnly(true);
  await client.query("insert into still_writing values (1)");
  await client.commit();
  await expect(client.query("insert into still_writing values (2)")).rejects.toMatchObject({ errno: 1792 });
  proxy.faults.setReadOnly(false);
  await client.query("drop table still_writing");
  await client.end();
});

test.each([
  [
    "read-only",
    1290,
    "The MySQL server is running with the --read-only option so it cannot execute this statement",
  ],
  ["read-only-mode", 1836, "Running in read-only mode"],
  ["borrow-timeout", 9501, "Timed-out waiting to acquire database connection"],
  ["unknown", 1105, "Unknown error"],
] as const)(
  "failStatements(%j) answers with %i and does not run the statement",
  async (fault, errno, message) => {
    const proxy = await startMysqlForTest({ recordMessages: true });
    const client = await connectMysql(proxy);
    await client.query("create temporary table failed_statement (id int)");
    proxy.faults.failStatements(fault, { times: 2 });
    const failure = { errno, sqlState: "HY000", message };
    await expect(client.query("insert into failed_statement values (1)")).rejects.toMatchObject(failure);
    await expect(client.execute("insert into failed_statement values (?)", [2])).rejects.toMatchObject(
      failure,
    );
    expect((await client.query<RowDataPacket[]>("select * from failed_statement"))[0]).toEqual([]);
    expect(proxy.messages()[1]?.text).toBe("insert into failed_statement values (1)");
    await client.end();
  },
);

test("a statement of several frames runs, and the next one fails", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  proxy.faults.failStatements("unknown");
  const [rows] = await client.query("select length(?) as length", ["x".repeat(20_000_000)]);
  expect(rows).toEqual([{ length: 20_000_000 }]);
  await expect(client.query("select 1")).rejects.toMatchObject({ errno: 1105 });
  await client.end();
});

test("an unknown fault is refused by name", async () => {
  const { faults } = await startMysqlForTest();
  expect(() => faults.failStatements("readonly" as "read-only")).toThrow(
    'failStatements: expected one of read-only, read-only-mode, borrow-timeout, unknown, got "readonly"',
  );
});

test("clear forgets a lost reply, failing statements and the read-only mode", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  proxy.faults.loseNextReply();
  proxy.faults.failStatements("unknown", { times: Number.POSITIVE_INFINITY });
  proxy.faults.setReadOnly(true);
  proxy.faults.clear();
  await client.query("create temporary table cleared (id int)");
  await client.end();
});
