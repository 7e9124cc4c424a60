import { expect, inject, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { connectClient, createClient, loginFailure } from "../testing/proxied-client.js";
import { RawClient, rawMessage } from "../testing/raw-client.js";
import { startForTest } from "../testing/start-for-test.js";

test.each([
  ["exhausted", "53300", "remaining connection slots are reserved for roles with the SUPERUSER attribute"],
  ["throttled", "53300", "The IAM authentication failed because of too many competing requests."],
  ["rate-limited", "53300", "Rate of connection to proxy exceeded 200."],
  ["too-many-clients", "53300", "The maximum number of client connections to the proxy exceeded 1000."],
  ["borrow-timeout", "08000", "Timed-out waiting to acquire database connection."],
  [
    "refused",
    "28P01",
    `The IAM authentication failed for the role ${inject("postgres").user}. Check the IAM token for this role and try again.`,
  ],
  [
    "no-credentials",
    "28000",
    `This RDS proxy has no credentials for the role ${inject("postgres").user}. Check the credentials for this role and try again.`,
  ],
  ["starting", "57P03", "the database system is starting up"],
  ["unknown", "XX000", "Unknown error."],
] as const)("failConnects(%j) refuses one login with %s", async (fault, code, message) => {
  const proxy = await startForTest();
  proxy.faults.failConnects(fault);
  expect(await loginFailure(proxy)).toEqual({ severity: "FATAL", code, message });
  await (await connectClient(proxy)).end();
  expect(proxy.metrics().TokensVerified).toBe(2);
});

const stages = ["on-accept", "before-tls-reply", "after-tls", "after-startup", "after-password"] as const;

test.each(stages)("a login is reset or closed %s", async (stage) => {
  const proxy = await startForTest();
  proxy.faults.failConnects(`reset-${stage}`);
  expect(await loginFailure(proxy)).toMatchObject({ code: "ECONNRESET" });
  proxy.faults.failConnects(`close-${stage}`);
  expect((await loginFailure(proxy)).message).toBe("Connection terminated unexpectedly");
  await (await connectClient(proxy)).end();
});

test.each(stages)("a silenced login stays silent %s, beyond the login deadline", async (stage) => {
  const proxy = await startForTest({ loginTimeoutMs: 1 });
  proxy.faults.failConnects(`silence-${stage}`);
  const config = { connectionTimeoutMillis: 100 };
  expect(await loginFailure(proxy, { config })).toMatchObject({ message: "timeout expired" });
  await eventually(() => proxy.metrics().ClientConnections === 0);
});

test("connect faults apply as often as requested, in the order of the calls", async () => {
  const proxy = await startForTest();
  proxy.faults.failConnects("exhausted", { times: 2 });
  proxy.faults.failConnects("starting");
  const codes: unknown[] = [];
  for (let login = 0; login < 3; login += 1) codes.push((await loginFailure(proxy)).code);
  expect(codes).toEqual(["53300", "53300", "57P03"]);
  await (await connectClient(proxy)).end();
});

test("an endless fault lasts until it is cleared", async () => {
  const proxy = await startForTest();
  proxy.faults.failConnects("unknown", { times: Number.POSITIVE_INFINITY });
  for (let login = 0; login < 3; login += 1)
    expect(await loginFailure(proxy)).toMatchObject({ code: "XX000" });
  proxy.faults.clear();
  await (await connectClient(proxy)).end();
});

test("an unknown fault, count or manner is refused by name", async () => {
  const { faults } = await startForTest();
  expect(() => faults.failConnects("exausted" as "exhausted")).toThrow(
    /expected one of exhausted, .* "exausted"/,
  );
  expect(() => faults.failConnects("exhausted", { times: 0 })).toThrow(
    "option times: expected a whole number",
  );
  expect(() => faults.failCommits("reset" as "reset-after-commit")).toThrow(
    'failCommits: expected one of reset-before-commit, reset-after-commit, close-before-commit, close-after-commit, silence-before-commit, silence-after-commit, got "reset"',
  );
  expect(() => faults.killConnections("kill" as "fin")).toThrow(
    'one of fin, rst, admin-shutdown, got "kill"',
  );
});

test.each([
  ["fin", [undefined]],
  ["rst", ["ECONNRESET", undefined]],
  ["admin-shutdown", ["57P01", undefined]],
] as const)(
  "killConnections(%j) ends idle sessions with an error that the driver recognises",
  async (manner, codes) => {
    const proxy = await startForTest();
    const client = await connectClient(proxy);
    const other = await connectClient(proxy);
    const ended = [client, other].map((one) => new Promise((resolve) => one.once("end", resolve)));
    expect(proxy.faults.killConnections(manner)).toBe(2);
    await Promise.all(ended);
    expect(client.errors.map((error) => (error as { code?: string }).code)).toEqual(codes);
    expect(client.errors.at(-1)?.message).toBe("Connection terminated unexpectedly");
    await eventually(() => proxy.metrics().ClientConnections === 0);
    await (await connectClient(proxy)).end();
  },
);

test.each([
  ["fin", { message: "Connection terminated unexpectedly" }],
  ["rst", { code: "ECONNRESET" }],
  ["admin-shutdown", { code: "57P01", message: "terminating connection due to administrator command" }],
] as const)("killConnections(%j) fails a running statement", async (manner, failure) => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  const running = expect(client.query("select pg_sleep(3)")).rejects.toMatchObject(failure);
  await eventually(() => proxy.metrics().QueryRequests === 1);
  expect(proxy.faults.killConnections(manner)).toBe(1);
  await running;
});

test("an open transaction is rolled back when its session is killed", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  const watcher = await connectClient(proxy);
  await watcher.query("create table killed_transaction (id int)");
  await client.query("begin");
  await client.query("insert into killed_transaction values (1)");
  // Both sessions end; only one of them had a transaction.
  proxy.faults.killConnections("rst");
  await eventually(() => proxy.metrics().ClientConnections === 0);
  const later = await connectClient(proxy);
  expect((await later.query("select * from killed_transaction")).rows).toEqual([]);
  await later.query("drop table killed_transaction");
  await later.end();
});

test("killConnections does not end a client that is still logging in", async () => {
  const proxy = await startForTest({ maxConnections: 1 });
  const holder = await connectClient(proxy);
  await holder.query("begin");
  const waiting = createClient(proxy);
  const login = waiting.connect();
  await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
  expect(proxy.faults.killConnections("fin")).toBe(1);
  await login;
  expect((await waiting.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  expect(holder.errors.length).toBe(1);
  await waiting.end();
});

test("silenced sessions drop statements, stay open, and do not end when the server closes", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy, { config: { query_timeout: 200, application_name: "silent" } });
  expect(proxy.faults.silenceConnections()).toBe(1);
  await expect(client.query("select 1")).rejects.toThrow("Query read timeout");
  expect(client.errors).toEqual([]);
  expect(proxy.metrics()).toMatchObject({ ClientConnections: 1, QueryRequests: 0 });
  const other = await connectClient(proxy);
  const killed = await other.query(
    "select pg_terminate_backend(pid, 20000) as killed from pg_stat_activity where application_name = 'silent'",
  );
  expect(killed.rows).toEqual([{ killed: true }]);
  await other.end();
  expect(client.errors).toEqual([]);
  await client.end();
  await eventually(() => proxy.metrics().ClientConnections === 0);
});

test("loseNextReply runs the statement and resets the client", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  await client.query("create table lost_reply (id int)");
  proxy.faults.loseNextReply();
  await expect(client.query("insert into lost_reply values ($1)", [1])).rejects.toMatchObject({
    code: "ECONNRESET",
  });
  const later = await connectClient(proxy);
  expect((await later.query("select * from lost_reply")).rows).toEqual([{ id: 1 }]);
  await later.query("drop table lost_reply");
  await later.end();
});

test("loseNextReply sends the client no part of a long reply", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  proxy.faults.loseNextReply();
  client.send(rawMessage("Q", "select repeat('x', 100000) from generate_series(1, 50)\0"));
  expect(await client.ending()).toMatchObject({ how: "reset", rest: { length: 0 } });
});

test("loseNextReply before COMMIT loses the reply, not the transaction", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  await client.query("create table lost_commit (id int)");
  await client.query("begin");
  await client.query("insert into lost_commit values (1)");
  proxy.faults.loseNextReply();
  await expect(client.query("commit")).rejects.toMatchObject({ code: "ECONNRESET" });
  const later = await connectClient(proxy);
  expect((await later.query("select * from lost_commit")).rows).toEqual([{ id: 1 }]);
  await later.query("drop table lost_commit");
  await later.end();
});

/** Sessions of one proxy, one of which has a row in an open transaction. */
async function openTransaction(table: string) {
  const proxy = await startForTest();
  const client = await connectClient(proxy, { config: { query_timeout: 300 } });
  const watcher = await connectClient(proxy);
  await watcher.query(`create table ${table} (id int)`);
  await client.query("begin");
  await client.query(`insert into ${table} values (1)`);
  return {
    proxy,
    client,
    /** The rows once the client's session is over, and drops the table. */
    rowsAfterwards: async (): Promise<unknown[]> => {
      await client.end();
      await eventually(() => proxy.metrics().ClientConnections === 1);
      const { rows } = await watcher.query(`select id from ${table}`);
      await watcher.query(`drop table ${table}`);
      await watcher.end();
      return rows;
    },
  };
}

test.each([
  ["reset-before-commit", { code: "ECONNRESET" }, []],
  ["close-before-commit", { message: "Connection terminated unexpectedly" }, []],
  ["silence-before-commit", { message: "Query read timeout" }, []],
  ["reset-after-commit", { code: "ECONNRESET" }, [{ id: 1 }]],
  ["close-after-commit", { message: "Connection terminated unexpectedly" }, [{ id: 1 }]],
  ["silence-after-commit", { message: "Query read timeout" }, [{ id: 1 }]],
] as const)("failCommits(%j) takes the reply of a COMMIT, and nothing else", async (fault, error, rows) => {
  const { proxy, client, rowsAfterwards } = await openTransaction("failing_commit");
  proxy.faults.failCommits(fault);
  await client.query("select 1 as commit");
  expect(proxy.metrics().CommitsLost).toEqual({});
  await expect(client.query("commit")).rejects.toMatchObject(error);
  expect(proxy.metrics().CommitsLost).toEqual({ [fault]: 1 });
  expect(await rowsAfterwards()).toEqual(rows);
});

test.each([
  ["COMMIT WORK"],
  ["/* over */ end;"],
  ["select 1; commit; select 2"],
  // By the extended protocol.
  [{ text: "commit", values: [], queryMode: "extended" }],
  [{ name: "prepared", text: "commit" }],
])("failCommits applies to %j", async (statement) => {
  const { proxy, client, rowsAfterwards } = await openTransaction("written_commit");
  proxy.faults.failCommits("reset-before-commit");
  await expect(client.query(statement)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await rowsAfterwards()).toEqual([]);
});

test("a prepared COMMIT is one each time that it is executed", async () => {
  const { proxy, client, rowsAfterwards } = await openTransaction("prepared_commit");
  const commit = { name: "prepared", text: "commit" };
  await client.query(commit);
  await client.query("begin");
  await client.query("insert into prepared_commit values (2)");
  proxy.faults.failCommits("reset-before-commit");
  await client.query({ text: "select $1::int", values: [1] });
  await expect(client.query(commit)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await rowsAfterwards()).toEqual([{ id: 1 }]);
});

test("failCommits waits for the reply of a COMMIT that was sent before earlier replies came", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  const watcher = await connectClient(proxy);
  await watcher.query("create table pipelined_commit (id int)");
  proxy.faults.failCommits("reset-after-commit");
  const texts = ["begin", "insert into pipelined_commit values (1)", "select pg_sleep(0.1)", "commit"];
  client.send(Buffer.concat(texts.map((text) => rawMessage("Q", `${text}\0`))));
  expect((await client.ending()).how).toBe("reset");
  expect((await watcher.query("select id from pipelined_commit")).rows).toEqual([{ id: 1 }]);
  await watcher.query("drop table pipelined_commit");
  await watcher.end();
});

test("failCommits applies in the order of the calls, until clear", async () => {
  const proxy = await startForTest();
  proxy.faults.failCommits("close-before-commit", { times: 2 });
  proxy.faults.failCommits("reset-after-commit", { times: Number.POSITIVE_INFINITY });
  for (let session = 0; session < 4; session += 1) {
    const client = await connectClient(proxy);
    await expect(client.query("commit")).rejects.toThrow();
  }
  expect(proxy.metrics().CommitsLost).toEqual({ "close-before-commit": 2, "reset-after-commit": 2 });
  proxy.faults.clear();
  const client = await connectClient(proxy);
  await client.query("commit");
  await client.end();
});

test("with multiplexing, the connection of a COMMIT without a reply serves other clients", async () => {
  const proxy = await startForTest({ multiplexing: true, maxConnections: 1 });
  const client = await connectClient(proxy, { config: { query_timeout: 300 } });
  await client.query("begin");
  proxy.faults.failCommits("silence-after-commit");
  await expect(client.query("commit")).rejects.toThrow("Query read timeout");
  const other = await connectClient(proxy);
  expect((await other.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await other.end();
  await client.end();
});

test("while read only, the server itself answers writes with 25006, in old sessions and new ones", async () => {
  const proxy = await startForTest({ recordMessages: true });
  const old = await connectClient(proxy);
  proxy.faults.setReadOnly(true);
  const fresh = await connectClient(proxy);
  for (const client of [old, fresh]) {
    await expect(client.query("create table read_only_test (id int)")).rejects.toMatchObject({
      code: "25006",
      message: "cannot execute CREATE TABLE in a read-only transaction",
    });
    expect((await client.query("select $1::int as one", [1])).rows).toEqual([{ one: 1 }]);
  }
  proxy.faults.setReadOnly(false);
  await old.query("create temporary table read_only_test (id int)");
  // Statements of the proxy are not recorded as the client's.
  expect(proxy.messages().filter(({ text }) => text?.startsWith("SET"))).toEqual([]);
  await Promise.all([old.end(), fresh.end()]);
});

test("a transaction that is under way keeps its mode until it ends", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  await client.query("begin");
  proxy.faults.setReadOnly(true);
  await client.query("create temporary table still_writing (id int)");
  await client.query("commit");
  await expect(client.query("create table not_any_more (id int)")).rejects.toMatchObject({ code: "25006" });
  await client.end();
});

test("clear forgets a lost reply and the read-only mode", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  proxy.faults.loseNextReply();
  proxy.faults.setReadOnly(true);
  proxy.faults.clear();
  await client.query("create temporary table cleared (id int)");
  await client.end();
});

test("failStatements is MySQL only", async () => {
  const { faults } = await startForTest();
  expect(() => faults.failStatements("read-only")).toThrow('expected engine "mysql"');
});
