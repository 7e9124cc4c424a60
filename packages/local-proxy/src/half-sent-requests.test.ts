import { expect, test } from "vitest";
import { eventually } from "./testing/eventually.js";
import { connectClient } from "./testing/proxied-client.js";
import { connectMysql } from "./testing/proxied-mysql-client.js";
import { errorFields, RawClient, rawMessage } from "./testing/raw-client.js";
import { errorOf, RawMysqlClient, rawCommand, rawPacket } from "./testing/raw-mysql-client.js";
import { startForTest } from "./testing/start-for-test.js";
import { startMysqlForTest } from "./testing/start-mysql-for-test.js";
import { describeOn } from "./testing/tested-engines.js";

const query = (text: string): Buffer => rawMessage("Q", `${text}\0`);
const parse = (text: string): Buffer => rawMessage("P", `\0${text}\0\0\0`);
const bind = rawMessage("B", Buffer.alloc(8));
const execute = rawMessage("E", Buffer.alloc(5));
const sync = rawMessage("S");
const flush = rawMessage("H");

// Longer than what the proxy keeps back.
const longSpaces = " ".repeat(200_000);

function textOf(messages: readonly { type: string; body: Buffer }[]): string | undefined {
  return messages
    .find(({ type }) => type === "D")
    ?.body.subarray(6)
    .toString();
}

describeOn("postgres", "PostgreSQL", () => {
  test.each([
    ["query", query("select 1").subarray(0, 9)],
    ["header", query("select 1").subarray(0, 3)],
    ["extended request", Buffer.concat([parse("select 1"), bind, execute])],
  ])("half a %s holds no database connection", async (_, half) => {
    const proxy = await startForTest({ maxConnections: 1 });
    const client = await RawClient.logIn(proxy);
    const other = await connectClient(proxy);
    client.send(half);
    await other.query("select 1");
    // The first half is here now: the same process has just read what came after it.
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(0);
    expect((await other.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    client.destroy();
    await other.end();
  });

  test.each([
    ["short", 50_000],
    ["long", 300_000],
  ])(
    "a COPY that fails while a %s message is half sent gives its connection back in sync",
    async (_, length) => {
      const proxy = await startForTest({ maxConnections: 1 });
      const client = await RawClient.logIn(proxy);
      const other = await RawClient.logIn(proxy);
      client.send(query("create table if not exists half_copied (id int)"));
      await client.messagesUntil("Z");
      client.send(query("copy half_copied from stdin"));
      await client.nextMessage("G");
      const data = rawMessage("d", "x\n".repeat(length / 2));
      client.send(rawMessage("d", "no number\n"), data.subarray(0, length - 1000));
      expect(errorFields(await client.nextMessage("E")).code).toBe("22P02");
      await client.nextMessage("Z");

      other.send(query("select 'of the other'"));
      client.send(data.subarray(length - 1000), rawMessage("c"), query("select 'of the client'"));
      expect(textOf(await other.messagesUntil("Z"))).toBe("of the other");
      expect(textOf(await client.messagesUntil("Z"))).toBe("of the client");
      client.destroy();
      other.destroy();
    },
  );

  test.each([
    ["query", [query(`select 1${longSpaces}`).subarray(0, 150_000)]],
    ["extended request", [parse("select 1"), bind, execute, flush]],
    ["COPY", [query("copy (select 1) to stdout"), query("create temp table c (i int); copy c from stdin")]],
    ["transaction", [query("begin")]],
  ])("the idle client timeout ends a session that stops within a %s", async (_, messages) => {
    let nowMs = Date.now();
    const proxy = await startForTest({ maxConnections: 1, now: () => nowMs, idleClientTimeoutMs: 60_000 });
    const client = await RawClient.logIn(proxy);
    client.send(...messages);
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 1);
    // What the server sends meanwhile counts as activity.
    await eventually(() => {
      nowMs += 30_000;
      return proxy.clients().length === 0;
    });
    await client.ending();
    await (await connectClient(proxy)).end();
  });

  test("a running statement and a wait in the queue are not idle", async () => {
    let nowMs = Date.now();
    const proxy = await startForTest({ maxConnections: 1, now: () => nowMs, idleClientTimeoutMs: 60_000 });
    const client = await RawClient.logIn(proxy);
    const waiting = await connectClient(proxy);
    client.send(parse("select pg_sleep(0.6)"), bind, execute, flush);
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 1);
    const answer = waiting.query("select 1 as one");
    await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
    nowMs += 60_001;
    await client.nextMessage("C");
    client.send(sync);
    await client.nextMessage("Z");
    expect((await answer).rows).toEqual([{ one: 1 }]);
    client.destroy();
    await waiting.end();
  });

  test("the maximum life ends a session that stops within a long query", async () => {
    let nowMs = Date.now();
    const proxy = await startForTest({ now: () => nowMs, maxLifeMs: 1000 });
    const client = await RawClient.logIn(proxy);
    client.send(query(`select 1${longSpaces}`).subarray(0, 150_000));
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 1);
    nowMs += 1001;
    await client.ending();
  });

  test("the rest of a message that has lost its connection to a failover reaches no other one", async () => {
    const proxy = await startForTest({ maxConnections: 1 });
    const client = await RawClient.logIn(proxy);
    const long = query(`select 'lost'${longSpaces}`);
    client.send(long.subarray(0, 150_000));
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 1);
    proxy.faults.beginFailover("error");
    proxy.faults.endFailover();
    client.send(long.subarray(150_000), query("select 'kept'"));
    expect(errorFields(await client.nextMessage("E")).code).toBe("57P01");
    await client.nextMessage("Z");
    expect(textOf(await client.messagesUntil("Z"))).toBe("kept");
    client.destroy();
  });
});

describeOn("mysql", "MySQL", () => {
  const oneOf = async (client: RawMysqlClient): Promise<string | undefined> =>
    (await client.packets(5))[3]?.payload.toString("utf8", 1);

  test("half a command holds no database connection", async () => {
    const proxy = await startMysqlForTest({ maxConnections: 1 });
    const client = await RawMysqlClient.logIn(proxy);
    const other = await connectMysql(proxy);
    client.send(rawCommand(3, "select 1").subarray(0, 8));
    await other.query("select 1");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(0);
    await other.query("select 1");
    client.destroy();
    await other.end();
  });

  test.each([
    ["short", 5000],
    ["long", 300_000],
  ])("half a %s COM_STMT_SEND_LONG_DATA is not continued by another client", async (_, length) => {
    const rules = { "prepared-statement": false };
    const proxy = await startMysqlForTest({ maxConnections: 1, pinning: { rules } });
    const client = await RawMysqlClient.logIn(proxy);
    const other = await RawMysqlClient.logIn(proxy);
    const data = rawPacket(
      0,
      Buffer.concat([Buffer.from([0x18, 1, 0, 0, 0, 0, 0]), Buffer.alloc(length, "x")]),
    );
    client.send(data.subarray(0, length - 1000));
    other.send(rawCommand(3, "select 'of the other'"));
    client.send(data.subarray(length - 1000), rawCommand(3, "select 'of the client'"));
    expect(await oneOf(other)).toBe("of the other");
    expect(await oneOf(client)).toBe("of the client");
    client.destroy();
    other.destroy();
  });

  test.each([
    ["long command", [rawCommand(3, `select 1${longSpaces}`).subarray(0, 150_000)]],
    ["local file", [rawCommand(3, "load data local infile 'x' into table half_loaded")]],
    ["transaction", [rawCommand(3, "begin")]],
  ])("the idle client timeout ends a session that stops within a %s", async (_, messages) => {
    let nowMs = Date.now();
    const proxy = await startMysqlForTest({
      maxConnections: 1,
      now: () => nowMs,
      idleClientTimeoutMs: 60_000,
    });
    const owner = await connectMysql(proxy);
    await owner.query("create table if not exists half_loaded (id int)");
    await owner.end();
    const client = await RawMysqlClient.logIn(proxy);
    client.send(...messages);
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 1);
    await eventually(() => {
      nowMs += 30_000;
      return proxy.clients().length === 0;
    });
    await client.ending();
    await (await connectMysql(proxy)).end();
  });

  test("a local file that has lost its connection to a failover is read to its end, then answered", async () => {
    const proxy = await startMysqlForTest({ maxConnections: 1 });
    const owner = await connectMysql(proxy);
    await owner.query("create table if not exists half_loaded (id int)");
    await owner.end();
    const client = await RawMysqlClient.logIn(proxy);
    client.send(rawCommand(3, "load data local infile 'x' into table half_loaded"));
    expect((await client.nextPacket()).payload[0]).toBe(0xfb);
    client.send(rawPacket(2, "1\n2\n"));
    proxy.faults.beginFailover("error");
    proxy.faults.endFailover();
    client.send(rawPacket(3, "3\n4\n"), rawPacket(4, ""));
    expect(errorOf(await client.nextPacket())).toMatchObject({ sequence: 5, errno: 1053 });
    client.send(rawCommand(3, "select 'kept'"));
    expect(await oneOf(client)).toBe("kept");
    client.destroy();
  });
});
