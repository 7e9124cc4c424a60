import { once } from "node:events";
import { createServer } from "node:net";
import { onRdsProxyEvent, RdsProxyError, type RdsProxyEvents } from "@rds-proxy/core";
import type { PoolConnection } from "mysql2";
import type { Pool } from "mysql2/promise";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createCertificates, type TestCertificates } from "../../core/src/testing/certificates.js";
import { listenUntilTestFinished } from "../../local-proxy/src/testing/listen-until-test-finished.js";
import { internalsOf } from "./driver/mysql2-internals.js";
import { connectionOptions, createPool, type Mysql2PoolOptions, preparePool } from "./pool.js";
import { type Answer, AUTOCOMMIT, type MysqlStub, startMysqlStub } from "./testing/mysql-stub.js";

const IN_TRANS = 1;

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createCertificates("localhost");
});

function optionsFor(stub: MysqlStub): Mysql2PoolOptions {
  return {
    host: "localhost",
    port: stub.port,
    user: "app",
    ssl: { ca: certificates.ca },
    signer: { getAuthToken: async () => "token" },
  };
}

async function open(options: Mysql2PoolOptions = {}, answer?: Answer) {
  const stub = await startMysqlStub(certificates, answer);
  const pool = createPool({ ...optionsFor(stub), ...options });
  onTestFinished(() => void pool.end());
  return { stub, pool };
}

/** What the users of a pool see, in order. */
function eventsOf(pool: Pool): string[] {
  const events: string[] = [];
  for (const event of ["connection", "acquire", "enqueue", "release"] as const) {
    Reflect.apply(pool.on, pool, [event, () => events.push(event)]);
  }
  return events;
}

const noFree = (message: string) =>
  expect.objectContaining({
    code: "RDS_PROXY_NO_FREE_CONNECTION",
    message: expect.stringMatching(
      /^No connection to app@localhost:\d+ became free in time: all 1 of this process/,
    ),
    cause: expect.objectContaining({ message }),
  });

describe("the events of a pool", () => {
  it("have no listeners of this library", async () => {
    const { pool } = await open();
    expect(pool.pool.eventNames()).toEqual([]);
  });

  it("are those of mysql2's own pool, for new connections, kept ones and callers that wait", async () => {
    const { pool, stub } = await open({ validateAfterIdleMs: 60_000 });
    const events = eventsOf(pool);
    await pool.query("one");
    expect(events.splice(0)).toEqual(["connection", "acquire", "release"]);
    await Promise.all([pool.query("two"), pool.query("three")]);
    // mysql2 reports nothing of a connection that it passes on to the next caller.
    expect(events.splice(0)).toEqual(["enqueue", "acquire", "release"]);
    expect([stub.connects, stub.commands]).toEqual([1, ["one", "two", "three"]]);
  });

  it("have an 'acquire' for a kept connection after it was checked, and none for one that is not handed out", async () => {
    let isSilent = false;
    const { pool, stub } = await open({ validateAfterIdleMs: 0, acquireTimeoutMs: 10_000 }, (command) =>
      isSilent && command === "ping" ? undefined : AUTOCOMMIT,
    );
    await pool.query("one");
    const acquired: number[] = [];
    pool.on("acquire", () => acquired.push(stub.commands.length));
    await pool.query("two");
    expect(stub.commands).toEqual(["one", "ping", "two"]);
    expect(acquired).toEqual([2]);
    isSilent = true;
    await pool.query("three");
    expect([stub.connects, acquired]).toEqual([2, [2, 4]]);
  });

  it("are seen without a property that shows when a pool is printed or copied", async () => {
    const { pool } = await open();
    expect(Object.keys(pool.pool)).not.toContain("emit");
  });

  it.each([undefined, null, "text", 1, {}])("may be any, also with %o", async (value) => {
    const { pool } = await open();
    for (const event of ["own", "acquire", "connection"]) {
      const listener = vi.fn();
      expect(pool.pool.emit(event, value)).toBe(false);
      pool.pool.on(event, listener);
      expect(pool.pool.emit(event, value, 2)).toBe(true);
      expect(listener).toHaveBeenCalledExactlyOnceWith(value, 2);
    }
  });
});

describe("a connection of a pool", () => {
  it("is not checked when it is new, and is checked after it was idle", async () => {
    const { pool, stub } = await open({ validateAfterIdleMs: 0 });
    const connection = await pool.getConnection();
    expect(stub.commands).toEqual([]);
    connection.release();
    await pool.query("one");
    expect(stub.commands).toEqual(["ping", "one"]);
  });

  it("is rolled back before its next use, if a transaction was left open", async () => {
    const { pool, stub } = await open({ validateAfterIdleMs: 60_000 }, (command) =>
      command === "begin" ? AUTOCOMMIT | IN_TRANS : AUTOCOMMIT,
    );
    await pool.query("begin");
    await pool.query("one");
    expect([stub.connects, stub.commands]).toEqual([1, ["begin", "rollback", "one"]]);
  });

  it("may be released after it was destroyed", async () => {
    const { pool, stub } = await open();
    const connection = await pool.getConnection();
    connection.destroy();
    connection.release();
    await pool.query("one");
    expect(stub.connects).toBe(2);
  });

  it("passes an exception of the callback on to the process, and not as a rejection", async () => {
    const { pool } = await open();
    const thrown = new Error("of the callback");
    const uncaught = Promise.withResolvers<unknown[]>();
    const others = process.listeners("uncaughtException");
    process
      .removeAllListeners("uncaughtException")
      .once("uncaughtException", (...args) => uncaught.resolve(args));
    onTestFinished(() => {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    });
    pool.pool.getConnection((_error, connection) => {
      connection.release();
      throw thrown;
    });
    expect(await uncaught.promise).toEqual([thrown, "uncaughtException"]);
  });
});

describe("session state in a connection of a pool", () => {
  const sets = "set time_zone = '+01:00'";
  function events() {
    const seen: unknown[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => seen.push(reason)));
    onTestFinished(onRdsProxyEvent("keep", ({ state }) => seen.push(state)));
    return seen;
  }

  it("costs the connection when it is released, if `sessionState` is `discard`", async () => {
    const { pool, stub } = await open({ sessionState: "discard" });
    const seen = events();
    await pool.query("select 1");
    expect(seen).toEqual([]);
    const connection = await pool.getConnection();
    await connection.query(sets);
    connection.release();
    expect(internalsOf(pool.pool)._allConnections.length).toBe(0);
    await pool.query("select 2");
    expect(seen).toEqual([expect.stringContaining("set-tracked-variable")]);
    expect(stub.connects).toBe(2);
  });

  it("costs it also with a statement in flight, which then fails", async () => {
    const { pool, stub } = await open({ sessionState: "discard" }, (command) =>
      command === "slow" ? undefined : AUTOCOMMIT,
    );
    const connection = await pool.getConnection();
    await connection.query(sets);
    const slow = connection.query("slow");
    connection.release();
    await expect(slow).rejects.toThrow();
    await pool.query("select 1");
    expect(stub.connects).toBe(2);
  });

  it("is kept and reported if `sessionState` is `keep`, but not while a transaction is open", async () => {
    const { pool, stub } = await open({ sessionState: "keep" }, (command) =>
      command === "begin" ? AUTOCOMMIT | IN_TRANS : AUTOCOMMIT,
    );
    const seen = events();
    const connection = await pool.getConnection();
    await connection.query(sets);
    await connection.query("begin");
    connection.release();
    expect(seen).toEqual([]);
    await pool.query("select 1");
    expect(seen).toEqual([["set-tracked-variable"]]);
    expect(stub.connects).toBe(1);
  });

  it("is not reported of a connection that cannot be used again", async () => {
    const { pool } = await open({ sessionState: "keep" }, (command) =>
      command === "die" ? { errno: 1053, message: "Server shutdown in progress" } : AUTOCOMMIT,
    );
    const seen = events();
    const connection = await pool.getConnection();
    await connection.query(sets);
    await expect(connection.query("die")).rejects.toMatchObject({ errno: 1053 });
    connection.release();
    expect(seen).toEqual([]);
  });

  it("that a listener to 'connection' makes belongs to the connection", async () => {
    const { pool, stub } = await open({ sessionState: "discard" });
    const seen = events();
    pool.on("connection", (connection) => void connection.query(sets));
    await pool.query("select 1");
    await pool.query("select 2");
    expect([seen, stub.connects]).toEqual([[], 1]);
  });
});

describe("a pool without a free connection", () => {
  it("refuses callers beyond its queue, and those that it must not let wait", async () => {
    for (const [options, message] of [
      [{ queueLimit: 1 }, "Queue limit reached."],
      [{ waitForConnections: false }, "No connections available."],
    ] as const) {
      const { pool } = await open({ ...options, maxConnections: 1 });
      const connection = await pool.getConnection();
      const waiting = "queueLimit" in options ? pool.query("waiting") : undefined;
      await new Promise(setImmediate);
      await expect(pool.getConnection()).rejects.toEqual(noFree(message));
      connection.release();
      await waiting;
    }
  });
});

it("a connection that comes too late is reported as opened, and is validated when it is handed out", async () => {
  const connected: RdsProxyEvents["connect"][] = [];
  onTestFinished(onRdsProxyEvent("connect", (event) => connected.push(event)));
  const token = Promise.withResolvers<string>();
  const { pool, stub } = await open({
    acquireTimeoutMs: 300,
    validateAfterIdleMs: 1,
    retry: { maxAttempts: 1 },
    signer: { getAuthToken: () => token.promise },
  });
  await expect(pool.getConnection()).rejects.toBeInstanceOf(RdsProxyError);
  expect(connected).toEqual([]);
  const released = once(pool.pool, "release");
  token.resolve("token");
  await released;
  const { durationMs = 0 } = connected[0] ?? {};
  expect(connected).toMatchObject([
    { attempts: 1, durationMs: expect.any(Number), attemptDurationMs: durationMs, failedAttempts: [] },
  ]);
  expect(durationMs).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  (await pool.getConnection()).release();
  expect([connected.length, stub.connects, stub.commands]).toEqual([1, 1, ["ping"]]);
});

describe("a server that says nothing", () => {
  it.each([
    ["connectTimeoutMs", { connectTimeoutMs: 100, acquireTimeoutMs: 10_000 }],
    ["acquireTimeoutMs", { connectTimeoutMs: 10_000, acquireTimeoutMs: 100 }],
  ])("is reported after %s, with what it did not answer", async (_, timeouts) => {
    const address = await listenUntilTestFinished(createServer());
    const pool = createPool({
      ...address,
      user: "app",
      signer: { getAuthToken: async () => "token" },
      ...timeouts,
      retry: { maxAttempts: 1 },
    });
    onTestFinished(() => void pool.end());
    await expect(pool.query("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_UNREACHABLE",
      phase: "tls",
      message: expect.stringContaining("the TCP connection was accepted, but the TLS handshake did not end"),
    });
  });
});

describe("a pool that has ended", () => {
  it("refuses callers, and calls back without an error", async () => {
    const { pool } = await open();
    await pool.query("one");
    const ended = vi.fn();
    await new Promise<void>((resolve) => pool.pool.end((...args) => resolve(ended(...args))));
    expect(ended).toHaveBeenCalledExactlyOnceWith(null);
    await expect(pool.getConnection()).rejects.toMatchObject({
      code: "RDS_PROXY_CLOSED",
      cause: { message: "Pool is closed." },
    });
  });
});

describe("the options of a pool", () => {
  it("decide its size and the class of its promises", async () => {
    class Own<T> extends Promise<T> {}
    const { pool } = await open({ maxConnections: 7, Promise: Own });
    expect(Object(pool.pool).config.connectionLimit).toBe(7);
    const outcome = pool.query("one");
    expect(outcome).toBeInstanceOf(Own);
    await outcome;
  });

  it.each([
    ["createPool", createPool],
    ["preparePool", preparePool],
    ["connectionOptions", connectionOptions],
  ])("are checked by %s() before anything else happens", (_, create) => {
    const refusal = (message: string) =>
      expect.objectContaining({
        code: "RDS_PROXY_INVALID_OPTION",
        message: expect.stringContaining(message),
      });
    expect(() => Reflect.apply(create, undefined, ["localhost"])).toThrow(
      refusal("options: expected an object, received a value of type string"),
    );
    const endpoint = { host: "localhost", user: "app", region: "eu-west-1" };
    expect(() => create({ ...endpoint, port: -1 })).toThrow(refusal("port: "));
    expect(() => create({ ...endpoint, ...{ compress: true } })).toThrow(refusal("compress: "));
  });

  it("connect to port 3306 by default", () => {
    expect(connectionOptions({ host: "localhost", user: "app", region: "eu-west-1" }).port).toBe(3306);
  });
});

it("the user of a connection can be changed, which signs another token", async () => {
  const stub = await startMysqlStub(certificates);
  let signed = 0;
  const pool = preparePool({
    ...optionsFor(stub),
    signer: { getAuthToken: async () => `token-${++signed}` },
  })();
  onTestFinished(() => pool.end());
  const connection = await new Promise<PoolConnection>((resolve, reject) =>
    pool.getConnection((error, taken) => (error ? reject(error) : resolve(taken))),
  );
  const plugin = connection.config.authPlugins?.["mysql_clear_password"];
  if (!plugin) throw new Error("no plugin");
  const ask = () => plugin(Object({ connection, command: {} }))(Buffer.alloc(0));
  expect(stub.passwords.map(String)).toEqual(["token-1\0"]);
  expect(String(await ask())).toBe("token-2\0");
  connection.release();
});
