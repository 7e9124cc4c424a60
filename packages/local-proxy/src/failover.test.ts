import { expect, test } from "vitest";
import { eventually } from "./testing/eventually.js";
import { connectClient, createClient, loginFailure } from "./testing/proxied-client.js";
import { connectMysql } from "./testing/proxied-mysql-client.js";
import { RawClient, rawMessage } from "./testing/raw-client.js";
import { startForTest } from "./testing/start-for-test.js";
import { startMysqlForTest } from "./testing/start-mysql-for-test.js";
import { describeOn, testOn } from "./testing/tested-engines.js";

describeOn("postgres", "PostgreSQL", () => {
  test("idle clients stay connected, and requests and new clients wait for the new database", async () => {
    const proxy = await startForTest();
    const idle = await connectClient(proxy);
    expect(proxy.faults.beginFailover()).toBe(0);
    await eventually(() => proxy.metrics().DatabaseConnections === 0);
    const answer = idle.query("select 1 as one");
    const fresh = createClient(proxy);
    const login = fresh.connect();
    await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 2);
    proxy.faults.endFailover();
    expect((await answer).rows).toEqual([{ one: 1 }]);
    await login;
    expect(idle.errors).toEqual([]);
    await Promise.all([idle.end(), fresh.end()]);
  });

  test("the wait for the new database ends with the borrow timeout", async () => {
    const proxy = await startForTest({ borrowTimeoutMs: 50 });
    const idle = await connectClient(proxy);
    proxy.faults.beginFailover();
    await expect(idle.query("select 1")).rejects.toMatchObject({ code: "08000" });
    expect(await loginFailure(proxy)).toMatchObject({ code: "08000", severity: "FATAL" });
    proxy.faults.clear();
    expect((await idle.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await idle.end();
  });

  test.each([
    ["fin", { message: "Connection terminated unexpectedly" }],
    ["rst", { code: "ECONNRESET" }],
    ["admin-shutdown", { code: "57P01", severity: "FATAL" }],
  ] as const)(
    "a statement in flight is cancelled by %s, and its client disconnected",
    async (manner, failure) => {
      const proxy = await startForTest();
      const client = await connectClient(proxy);
      const running = expect(client.query("select pg_sleep(60)")).rejects.toMatchObject(failure);
      await eventually(() => proxy.metrics().QueryRequests === 1);
      expect(proxy.faults.beginFailover(manner)).toBe(1);
      await running;
      await eventually(() => proxy.metrics().ClientConnections === 0);
    },
  );

  test("with manner error, statements and transactions are lost and their clients stay connected", async () => {
    const proxy = await startForTest();
    const busy = await connectClient(proxy);
    const open = await connectClient(proxy);
    const extended = await connectClient(proxy);
    await open.query("begin");
    const failures = [busy.query("select pg_sleep(60)"), extended.query("select pg_sleep($1)", [60])].map(
      (running) => expect(running).rejects.toMatchObject({ code: "57P01", severity: "ERROR" }),
    );
    await eventually(() => proxy.metrics().QueryRequests === 3);
    expect(proxy.faults.beginFailover("error")).toBe(3);
    await Promise.all(failures);
    await expect(open.query("select 1")).rejects.toMatchObject({ code: "57P01", severity: "ERROR" });
    proxy.faults.endFailover();
    for (const client of [busy, open, extended]) {
      expect((await client.query("select $1::int as one", [1])).rows).toEqual([{ one: 1 }]);
      await client.end();
    }
  });

  test("the rest of a half-sent request is skipped when the failover takes its database connection", async () => {
    const proxy = await startForTest();
    const client = await RawClient.logIn(proxy);
    client.send(rawMessage("P", "\0select 1\0\0\0"), rawMessage("H"));
    await client.nextMessage("1");
    proxy.faults.beginFailover("error");
    await client.nextMessage("E");
    proxy.faults.endFailover();
    client.send(rawMessage("S"), rawMessage("Q", "select 2\0"));
    expect((await client.messagesUntil("Z")).map(({ type }) => type).join("")).toBe("Z");
    expect((await client.messagesUntil("Z")).map(({ type }) => type).join("")).toBe("TDCZ");
    client.destroy();
  });

  test("a pinned session ends, idle or not", async () => {
    const proxy = await startForTest();
    const client = await connectClient(proxy);
    await client.query("set work_mem = '1MB'");
    expect(proxy.faults.beginFailover("error")).toBe(1);
    await eventually(() => client.errors.length > 0);
    expect(client.errors[0]?.message).toBe("Connection terminated unexpectedly");
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlySessionPinned === 0);
  });
});

describeOn("mysql", "MySQL", () => {
  test("idle clients stay connected and wait; a statement in flight and a pinned session end", async () => {
    const proxy = await startMysqlForTest();
    const idle = await connectMysql(proxy);
    const busy = await connectMysql(proxy);
    const pinned = await connectMysql(proxy);
    await pinned.execute("select 1");
    const failure = expect(busy.query("select sleep(60)")).rejects.toMatchObject({
      code: "PROTOCOL_CONNECTION_LOST",
    });
    await eventually(() => proxy.metrics().QueryRequests === 2);
    expect(proxy.faults.beginFailover()).toBe(2);
    await failure;
    await eventually(() => pinned.errors.length > 0);
    const answer = idle.query("select 1 as one");
    await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
    proxy.faults.endFailover();
    expect((await answer)[0]).toEqual([{ one: 1 }]);
    await idle.end();
  });

  test("with manner error, statements and transactions are lost and their clients stay connected", async () => {
    const proxy = await startMysqlForTest();
    const busy = await connectMysql(proxy);
    const open = await connectMysql(proxy);
    await open.query("begin");
    const lost = { errno: 1053, sqlState: "08S01" };
    const failure = expect(busy.query("select sleep(60)")).rejects.toMatchObject(lost);
    await eventually(() => proxy.metrics().QueryRequests === 2);
    expect(proxy.faults.beginFailover("error")).toBe(2);
    await failure;
    await expect(open.query("select 1")).rejects.toMatchObject(lost);
    proxy.faults.endFailover();
    for (const client of [busy, open]) {
      expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
      await client.end();
    }
  });
});

testOn("postgres", "an unknown manner is refused by name", async () => {
  const { faults } = await startForTest();
  expect(() => faults.beginFailover("kill" as "fin")).toThrow(
    'beginFailover: expected one of fin, rst, admin-shutdown, error, got "kill"',
  );
});
