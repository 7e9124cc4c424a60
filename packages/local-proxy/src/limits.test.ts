import { expect, inject } from "vitest";
import { eventually } from "./testing/eventually.js";
import { connectClient, loginFailure } from "./testing/proxied-client.js";
import { connectMysql, mysqlLoginFailure } from "./testing/proxied-mysql-client.js";
import { RawClient } from "./testing/raw-client.js";
import { signToken } from "./testing/sign-token.js";
import { startForTest } from "./testing/start-for-test.js";
import { startMysqlForTest } from "./testing/start-mysql-for-test.js";
import { testOn } from "./testing/tested-engines.js";

const day = 86_400_000;

/** A clock that advances only by hand. */
function createClock(): { now(): number; advance(ms: number): void } {
  let nowMs = Date.now();
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

testOn(
  "postgres",
  "a client that was idle for IdleClientTimeout is disconnected, an active one is not",
  async () => {
    const clock = createClock();
    const proxy = await startForTest({ now: clock.now, idleClientTimeoutMs: 60_000 });
    const idle = await connectClient(proxy);
    clock.advance(59_000);
    const active = await connectClient(proxy);
    await active.query("select 1");
    clock.advance(1000);
    await eventually(() => idle.errors.length > 0);
    expect(idle.errors[0]?.message).toBe("Connection terminated unexpectedly");
    expect(active.errors).toEqual([]);
    expect((await active.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await active.end();
  },
);

testOn(
  "mysql",
  "a client that is idle in a transaction is disconnected too, and its transaction rolled back",
  async () => {
    const clock = createClock();
    const proxy = await startMysqlForTest({ now: clock.now, idleClientTimeoutMs: 60_000 });
    const client = await connectMysql(proxy);
    await client.query("begin");
    clock.advance(60_000);
    await eventually(() => client.errors.length > 0);
    expect(client.errors[0]).toMatchObject({ code: "PROTOCOL_CONNECTION_LOST" });
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 0);
  },
);

testOn("postgres", "a client with a running statement is not idle", async () => {
  const clock = createClock();
  const proxy = await startForTest({ now: clock.now, idleClientTimeoutMs: 60_000 });
  const client = await connectClient(proxy);
  const running = client.query("select pg_sleep(0.5), 'done' as outcome");
  await eventually(() => proxy.metrics().QueryRequests === 1);
  clock.advance(120_000);
  expect((await running).rows[0]).toMatchObject({ outcome: "done" });
  await client.end();
});

testOn("postgres", "after 24 hours a client is disconnected, at the end of its transaction", async () => {
  const log: string[] = [];
  const clock = createClock();
  const proxy = await startForTest({
    now: clock.now,
    idleClientTimeoutMs: 2 * day,
    authentication: "password",
    log: (line) => log.push(line),
  });
  const { password } = inject("postgres");
  const client = await connectClient(proxy, { password });
  await client.query("begin");
  clock.advance(day);
  const later = await connectClient(proxy, { password });
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.query("commit");
  await eventually(() => client.errors.length > 0);
  expect(later.errors).toEqual([]);
  await eventually(() =>
    log.some((line) => line.includes("[clientConnection=1] The client connection closed.")),
  );
  expect(log.join("\n")).toContain("Reason: The client connection reached its maximum life.");
  await later.end();
});

testOn(
  "postgres",
  "database connections are closed after 24 hours, and beyond MaxIdleConnectionsPercent after five idle minutes",
  async () => {
    const clock = createClock();
    const proxy = await startForTest({
      now: clock.now,
      maxConnections: 4,
      maxIdleConnectionsPercent: 25,
      idleClientTimeoutMs: 2 * day,
    });
    const clients = await Promise.all([1, 2, 3].map(() => connectClient(proxy)));
    await Promise.all(clients.map((client) => client.query("begin")));
    await Promise.all(clients.map((client) => client.query("commit")));
    expect(proxy.metrics().DatabaseConnections).toBe(3);
    clock.advance(300_000);
    await eventually(() => proxy.metrics().DatabaseConnections === 1);
    clock.advance(day);
    await eventually(() => proxy.metrics().DatabaseConnections === 0);
  },
);

testOn("postgres", "networkIdleMs drops idle connections silently", async () => {
  const clock = createClock();
  const proxy = await startForTest({ now: clock.now, networkIdleMs: 350_000 });
  const client = await connectClient(proxy, { config: { query_timeout: 300 } });
  const ask = async (): Promise<string> => {
    const outcome = await client.query("select 1").then(
      () => "answered",
      (error: Error) => error.message,
    );
    clock.advance(350_000);
    return outcome;
  };
  // The proxy checks for idle clients every 100 ms.
  await expect.poll(ask, { interval: 250, timeout: 20_000 }).toBe("Query read timeout");
  expect(client.errors).toEqual([]);
  await client.end();
});

testOn("postgres", "logins beyond the rate are refused until a second has passed", async () => {
  const clock = createClock();
  const proxy = await startForTest({ now: clock.now, limits: { connectionsPerSecond: 2 } });
  const logIn = async (): Promise<void> => (await connectClient(proxy)).end();
  await logIn();
  await logIn();
  expect(await loginFailure(proxy)).toEqual({
    severity: "FATAL",
    code: "53300",
    message: "Rate of connection to proxy exceeded 2.",
  });
  clock.advance(1000);
  await logIn();
});

testOn("mysql", "tokens beyond the rate are throttled for MySQL's clients", async () => {
  const clock = createClock();
  const proxy = await startMysqlForTest({ now: clock.now, limits: { iamRequestsPerSecond: 1 } });
  await (await connectMysql(proxy)).end();
  expect(await mysqlLoginFailure(proxy)).toMatchObject({
    errno: 1040,
    message: "IAM authentication rate limit exceeded",
  });
});

testOn("postgres", "tokens beyond the rate are throttled until a second has passed", async () => {
  const clock = createClock();
  const postgres = await startForTest({ now: clock.now, limits: { iamRequestsPerSecond: 1 } });
  await (await connectClient(postgres)).end();
  expect(await loginFailure(postgres)).toMatchObject({
    code: "53300",
    message: "The IAM authentication failed because of too many competing requests.",
  });
  clock.advance(1000);
  await (await connectClient(postgres)).end();
});

testOn("postgres", "a token that was accepted before counts like another one, or not at all", async () => {
  const clock = createClock();
  for (const countsRepeatedTokens of [true, false]) {
    const proxy = await startForTest({
      now: clock.now,
      limits: { iamRequestsPerSecond: 1, countsRepeatedTokens },
    });
    const password = await signToken(proxy);
    await (await connectClient(proxy, { password })).end();
    if (countsRepeatedTokens)
      expect(await loginFailure(proxy, { password })).toMatchObject({ code: "53300" });
    else await (await connectClient(proxy, { password })).end();
    const another = await signToken(proxy, { hostname: "127.0.0.1" });
    expect(await loginFailure(proxy, { password: another })).toMatchObject({ code: "53300" });
  }
});

testOn("postgres", "clients beyond the limit are refused until one has disconnected", async () => {
  const proxy = await startForTest({ limits: { clientConnections: 1 } });
  const only = await connectClient(proxy);
  expect(await loginFailure(proxy)).toMatchObject({
    code: "53300",
    message: "The maximum number of client connections to the proxy exceeded 1.",
  });
  await only.end();
  await eventually(() => proxy.metrics().ClientConnections === 0);
  await (await connectClient(proxy)).end();
});

testOn(
  "postgres",
  "a client that names no host in its TLS handshake is refused only with requireSni",
  async () => {
    const strict = await RawClient.connect(await startForTest({ requireSni: true }));
    await strict.startTls({}).catch(() => undefined);
    expect((await strict.ending()).rest.length).toBe(0);
    const named = await RawClient.connect(await startForTest({ requireSni: true }));
    await named.startTls({ servername: "localhost" });
    named.destroy();
  },
);
