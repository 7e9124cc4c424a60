import { onRdsProxyEvent, type RdsProxyEvents } from "@rds-proxy/core";
import { SessionWatch } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import pg from "pg";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { connectionOptions, createPool, type PgPoolOptions } from "./pool.js";
import {
  message,
  type PostgresStub,
  ready,
  type StubSession,
  startPostgresStub,
} from "./testing/postgres-stub.js";

const ENDPOINT = { host: "db.example", user: "app", signer: { getAuthToken: async () => "token" } };

afterEach(() => {
  vi.restoreAllMocks();
});

/** A server, and a pool of it. */
async function start(options: PgPoolOptions = {}): Promise<{ stub: PostgresStub; pool: pg.Pool }> {
  const stub = await startPostgresStub();
  const pool = createPool({ ...ENDPOINT, ...stub.endpoint, validateAfterIdleMs: 60_000, ...options });
  onTestFinished(() => {
    if (!pool.ending) void pool.end();
  });
  return { stub, pool };
}

/** The server's side of the connection that was opened so late. */
function sessionOf(stub: PostgresStub, index = 0): StubSession {
  const session = stub.sessions[index];
  if (!session) throw new Error("no session");
  return session;
}

function endOf(client: pg.PoolClient): Promise<unknown> {
  return new Promise((resolve) => client.once("end", resolve));
}

/** Ends when the client has noticed that the server closed the connection. */
async function lose(client: pg.PoolClient, session: StubSession): Promise<void> {
  const ended = endOf(client);
  session.close("rst");
  await ended;
}

function watchEvents<Name extends "connect" | "discard">(name: Name): RdsProxyEvents[Name][] {
  const events: RdsProxyEvents[Name][] = [];
  onTestFinished(onRdsProxyEvent(name, (event) => events.push(event)));
  return events;
}

/** Whether a promise has settled after what is under way. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  return isSettled;
}

const CLOSED = { code: "RDS_PROXY_CLOSED", cause: { message: expect.stringContaining("after calling end") } };

it("connectionOptions() has a token of its own for each login, however often the server asks in it", async () => {
  let signed = 0;
  const getAuthToken = vi.fn(async () => `token ${++signed}`);
  const { password } = connectionOptions({ host: "db.example", user: "app", signer: { getAuthToken } });
  const sign = password as (login: object) => Promise<string>;
  const [one, other] = [{}, {}];
  expect([await sign(one), await sign(one), await sign(other)]).toEqual(["token 1", "token 1", "token 2"]);
  expect(getAuthToken).toHaveBeenCalledTimes(2);
});

describe("the options of a pool", () => {
  const DEFAULTS = { max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true, connectionTimeoutMillis: 30_000 };

  it.each<[string, PgPoolOptions, object]>([
    ["none", {}, DEFAULTS],
    [
      "those of the library",
      { maxConnections: 3, acquireTimeoutMs: 500 },
      { ...DEFAULTS, max: 3, connectionTimeoutMillis: 500 },
    ],
    [
      "a limit on idle connections, which keep the process alive",
      { idleTimeoutMillis: 100 },
      { ...DEFAULTS, idleTimeoutMillis: 100, allowExitOnIdle: false },
    ],
    ["both", { idleTimeoutMillis: 100, allowExitOnIdle: true }, { ...DEFAULTS, idleTimeoutMillis: 100 }],
    ["one that keeps the process alive", { allowExitOnIdle: false }, { ...DEFAULTS, allowExitOnIdle: false }],
    ["pg.Pool's own", { maxUses: 7, min: 1 }, { ...DEFAULTS, maxUses: 7, min: 1 }],
  ])("are pg.Pool's for %s", (_, options, expected) => {
    const pool = createPool({ ...ENDPOINT, ...options });
    expect(Object(pool).options).toMatchObject(expected);
    expect(Object(pool).options).not.toHaveProperty("onConnect");
    expect(Object(pool).options).not.toHaveProperty("verify");
  });

  it("are an object", () => {
    for (const create of [createPool, connectionOptions]) {
      expect(() => Reflect.apply(create, undefined, ["db.example"])).toThrow(/^options: expected an object/);
    }
  });

  it.each([
    ["createPool()", createPool, /Known are: host, .*, keepAlive, .*, maxUses, /],
    ["connectionOptions()", connectionOptions, /Known are: host, .*, keepAlive, .*, types\.$/],
  ] as const)("of %s have a known name", (_, create, message) => {
    expect(() => Reflect.apply(create, undefined, [{ ...ENDPOINT, sll: 1 }])).toThrow(message);
  });

  it("of connectionOptions() are node-postgres's, too", () => {
    expect(connectionOptions({ ...ENDPOINT, application_name: "orders" })).toMatchObject({
      application_name: "orders",
      user: "app",
    });
  });
});

describe("a caller", () => {
  it("gets a client of the class pg.Client, by a promise or a callback", async () => {
    const { stub, pool } = await start();
    const client = await pool.connect();
    expect(client).toBeInstanceOf(pg.Client);
    client.release();
    const [error, called, done] = await new Promise<unknown[]>((resolve) => {
      expect(Reflect.apply(pool.connect, pool, [(...args: unknown[]) => resolve(args)])).toBeUndefined();
    });
    expect([error, called]).toEqual([undefined, client]);
    expect(pool.idleCount).toBe(0);
    Reflect.apply(Object(done), undefined, []);
    expect(pool.idleCount).toBe(1);
    expect(stub.connects).toBe(1);
  });

  it("may release a client with an error by the callback's function, too", async () => {
    const { pool } = await start();
    await new Promise<void>((resolve) => {
      pool.connect((_error, _client, done) => {
        done(new Error("broken"));
        resolve();
      });
    });
    expect(pool.totalCount).toBe(0);
  });

  it("whose callback throws ends the process as with pg.Pool", async () => {
    const { pool } = await start();
    const thrown = new Error("of the callback");
    const uncaught = new Promise((resolve) => process.once("uncaughtException", resolve));
    pool.connect((_error, _client, done) => {
      done();
      throw thrown;
    });
    expect(await uncaught).toBe(thrown);
  });

  it("of an ended pool is refused, by a promise or a callback", async () => {
    const { pool } = await start();
    await pool.end();
    await expect(pool.connect()).rejects.toMatchObject(CLOSED);
    const [error, client, done] = await new Promise<unknown[]>((resolve) => {
      pool.connect((...args: unknown[]) => resolve(args));
    });
    expect(error).toMatchObject(CLOSED);
    expect(client).toBeUndefined();
    expect(Reflect.apply(Object(done), undefined, [])).toBeUndefined();
  });

  it("gets promises of the class that the option `Promise` names", async () => {
    class OwnPromise<T> extends Promise<T> {}
    const { pool } = await start({ Promise: OwnPromise });
    const connected = pool.connect();
    expect(connected).toBeInstanceOf(OwnPromise);
    const client = await connected;
    expect(client).toBeInstanceOf(pg.Client);
    client.release();
    await pool.end();
    await expect(pool.connect()).rejects.toMatchObject(CLOSED);
  });

  it("that waits for a client in use is refused when its time has passed", async () => {
    const { pool } = await start();
    const client = await pool.connect();
    // pg.Pool's.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const refused = expect(pool.connect()).rejects.toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      cause: { message: "timeout exceeded when trying to connect" },
    });
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
    client.release();
  });

  it("that waits while a client is being connected for another caller fails as that one does", async () => {
    const { stub, pool } = await start({ acquireTimeoutMs: 300 });
    stub.welcome = Buffer.alloc(0);
    const [first, second] = await Promise.allSettled([pool.connect(), pool.connect()]);
    expect(first).toMatchObject({ reason: { code: "RDS_PROXY_UNREACHABLE" } });
    expect(second).toMatchObject({ reason: { code: "RDS_PROXY_UNREACHABLE" } });
  });

  it("that waits while `onConnect` prepares a client for another caller fails as that one does", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { pool } = await start({ acquireTimeoutMs: 1000, onConnect: () => promise });
    const [first, second] = await Promise.allSettled([pool.connect(), pool.connect()]);
    expect(first).toMatchObject({ reason: { code: "RDS_PROXY_UNREACHABLE" } });
    expect(second).toMatchObject({ reason: { code: "RDS_PROXY_UNREACHABLE" } });
    resolve();
    const client = await pool.connect();
    await expect(pool.connect()).rejects.toMatchObject({ code: "RDS_PROXY_NO_FREE_CONNECTION" });
    client.release();
  });

  it("that waits for a client in use does not blame one that `onConnect` had refused", async () => {
    let isRefused = true;
    const onConnect = async (): Promise<void> => {
      if (isRefused) throw new Error("refused");
    };
    const { pool } = await start({ acquireTimeoutMs: 1000, onConnect });
    await expect(pool.connect()).rejects.toThrow("refused");
    isRefused = false;
    const client = await pool.connect();
    await expect(pool.connect()).rejects.toMatchObject({ code: "RDS_PROXY_NO_FREE_CONNECTION" });
    client.release();
  });

  it("that waits for a client in use fails with the login of the client that replaces it", async () => {
    const { stub, pool } = await start({ acquireTimeoutMs: 2000 });
    const client = await pool.connect();
    const refused = expect(pool.connect()).rejects.toMatchObject({ code: "RDS_PROXY_UNREACHABLE" });
    stub.welcome = Buffer.alloc(0);
    client.release(true);
    await refused;
  });
});

describe("a client that comes too late for its caller, who had to wait for a place,", () => {
  /** Resolves when it is in the pool. */
  async function keepLate(
    options: PgPoolOptions,
  ): Promise<{ stub: PostgresStub; pool: pg.Pool; startedAt: number }> {
    const { stub, pool } = await start({ acquireTimeoutMs: 1000, ...options });
    const client = await pool.connect();
    const refused = expect(pool.connect()).rejects.toMatchObject({ code: "RDS_PROXY_UNREACHABLE" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    stub.welcome = Buffer.alloc(0);
    const startedAt = performance.now();
    client.release(true);
    await refused;
    const released = new Promise((resolve) => pool.once("release", resolve));
    stub.welcome = undefined;
    sessionOf(stub, 1).send(message("R", Buffer.alloc(4)), ready("I"));
    await released;
    return { stub, pool, startedAt };
  }

  it("is reported as opened, and is checked when it is handed out", async () => {
    const connected = watchEvents("connect");
    const { stub, pool, startedAt } = await keepLate({ validateAfterIdleMs: 1 });
    expect(connected).toHaveLength(2);
    const { attempts, durationMs = 0, attemptDurationMs } = connected[1] ?? {};
    expect({ attempts, attemptDurationMs }).toEqual({ attempts: 1, attemptDurationMs: durationMs });
    expect(durationMs).toBeGreaterThan(50);
    expect(durationMs).toBeLessThanOrEqual(performance.now() - startedAt + 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    (await pool.connect()).release();
    expect(connected).toHaveLength(2);
    expect(sessionOf(stub, 1).statements).toHaveLength(1);
  });

  it("is not reported if `verify` refuses it", async () => {
    const connected = watchEvents("connect");
    let verified = 0;
    const { pool } = await keepLate({
      verify: (_client, done) => done(++verified === 1 ? undefined : new Error("unwanted")),
    });
    expect([connected.length, pool.totalCount]).toEqual([1, 0]);
  });
});

describe("a hook that fails", () => {
  const error = new Error("of the hook");

  it.each<[string, PgPoolOptions]>([
    ["onConnect", { onConnect: () => Promise.reject(error) }],
    ["verify", { verify: (_client, done) => done(error) }],
  ])("of %s rejects with its error, without another attempt", async (_, hook) => {
    const { stub, pool } = await start(hook);
    await expect(pool.connect()).rejects.toBe(error);
    await expect(pool.query("select 1")).rejects.toBe(error);
    expect(stub.connects).toBe(2);
    expect(pool.totalCount).toBe(0);
  });
});

it("hooks get a client before its caller does, and their statements are the connection's", async () => {
  const adopted = vi.spyOn(SessionWatch.prototype, "adopt");
  const log: string[] = [];
  const { stub, pool } = await start({
    async onConnect(client) {
      await client.query("set role app");
      log.push(`onConnect ${adopted.mock.calls.length}`);
    },
    verify(client, done) {
      log.push(`verify ${adopted.mock.calls.length}`);
      client.query("select 1", () => done());
    },
  });
  await pool.query("select 2");
  await pool.query("select 3");
  expect(log).toEqual(["onConnect 0", "verify 0"]);
  expect(adopted).toHaveBeenCalledOnce();
  expect(sessionOf(stub).statements).toEqual(["set role app", "select 1", "select 2", "select 3"]);
});

describe("the events of a pool", () => {
  it("come in pg.Pool's order, and report whether they have listeners", async () => {
    const { pool } = await start();
    const emit = vi.spyOn(pool, "emit");
    const use = async (): Promise<unknown[]> => {
      emit.mockClear();
      (await pool.connect()).release();
      return emit.mock.calls.map(([event], call) => [event, emit.mock.results[call]?.value]);
    };
    expect(await use()).toEqual([
      ["connect", false],
      ["acquire", false],
      ["release", false],
    ]);
    expect(await use()).toEqual([
      ["acquire", false],
      ["release", false],
    ]);
    const log: unknown[] = [];
    for (const event of ["connect", "acquire", "release"] as const) {
      pool.on(event, (...args: unknown[]) => log.push([event, args.length]));
    }
    expect(await use()).toEqual([
      ["acquire", true],
      ["release", true],
    ]);
    expect(log).toEqual([
      ["acquire", 1],
      ["release", 2],
    ]);
  });

  it("do not include 'acquire' before a kept client has been checked", async () => {
    const { stub, pool } = await start();
    (await pool.connect()).release();
    const acquired: unknown[] = [];
    pool.on("acquire", (client) => acquired.push(client));
    stub.isHolding = true;
    const held = await pool.connect();
    expect(acquired).toEqual([held]);
    const silent = held.query("select 1");
    held.release();
    const next = pool.connect();
    expect(await isSettled(next)).toBe(false);
    expect(acquired).toHaveLength(1);
    sessionOf(stub).answer();
    expect(await next).toBe(held);
    await silent;
    expect(acquired).toEqual([held, held]);
    held.release();
  });

  it("leave a client in the pool if a listener to 'acquire' throws", async () => {
    const { stub, pool } = await start();
    (await pool.connect()).release();
    const thrown = new Error("of the listener");
    pool.once("acquire", () => {
      throw thrown;
    });
    await expect(pool.connect()).rejects.toBe(thrown);
    expect(pool.idleCount).toBe(1);
    (await pool.connect()).release();
    expect(stub.connects).toBe(1);
  });

  it("include 'error' of an idle client only with a listener, so that it ends no process", async () => {
    const { stub, pool } = await start();
    const client = await pool.connect();
    client.release();
    await lose(client, sessionOf(stub));
    expect(pool.totalCount).toBe(0);
    const other = await pool.connect();
    other.release();
    const heard = vi.fn();
    pool.on("error", heard);
    await lose(other, sessionOf(stub, 1));
    expect(heard.mock.calls).toEqual([[expect.any(Error), other]]);
  });
});

describe("a kept client", () => {
  it("is replaced if it is lost, without 'acquire' and 'release' for it, and counts as not fit", async () => {
    const { stub, pool } = await start({ validateAfterIdleMs: 0, acquireTimeoutMs: 5000 });
    const discards = watchEvents("discard");
    const client = await pool.connect();
    client.release();
    const log: unknown[] = [];
    pool.on("acquire", (acquired) => log.push(["acquire", acquired]));
    pool.on("release", (_error, released) => log.push(["release", released]));
    stub.isHolding = true;
    const next = pool.connect();
    await expect.poll(() => sessionOf(stub).statements).toContain("select 1");
    sessionOf(stub).close("rst");
    const other = await next;
    expect(other).not.toBe(client);
    expect(log).toEqual([["acquire", other]]);
    expect(discards).toMatchObject([{ reason: "not fit for use after idling" }]);
    other.release();
  });

  it.each([
    ["rolled back", ["begin", "select 1"], ["begin", "select 1", "rollback"]],
    ["used as it is", ["select 1"], ["select 1"]],
  ])("is %s after %j", async (_, statements, expected) => {
    const { stub, pool } = await start();
    const client = await pool.connect();
    for (const statement of statements) await client.query(statement);
    client.release();
    expect(await pool.connect()).toBe(client);
    expect(sessionOf(stub).statements).toEqual(expected);
    client.release();
  });

  it("whose statement fails is used when the server has ended its answer", async () => {
    const { stub, pool } = await start();
    const client = await pool.connect();
    const failed = client.query("fail").catch((error: unknown) => error);
    client.release();
    expect(await pool.connect()).toBe(client);
    expect(await failed).toMatchObject({ code: "42601" });
    client.release();
    expect(stub.connects).toBe(1);
  });

  it("reports the state that it keeps when it is released, but not if it is removed or has to be rolled back", async () => {
    const reported = vi.spyOn(SessionWatch.prototype, "reportKept");
    const { stub, pool } = await start();
    const client = await pool.connect();
    client.release();
    expect(reported).toHaveBeenCalledTimes(1);
    await pool.connect();
    await client.query("begin");
    client.release();
    expect(reported).toHaveBeenCalledTimes(1);
    await pool.connect();
    client.release(true);
    const lost = await pool.connect();
    await lose(lost, sessionOf(stub, 1));
    lost.release();
    const last = await pool.connect();
    const ended = pool.end();
    last.release();
    await ended;
    expect(reported).toHaveBeenCalledTimes(1);
  });

  it("is removed with its session state if that is asked for", async () => {
    const discards = watchEvents("discard");
    const { stub, pool } = await start({ sessionState: "discard" });
    const client = await pool.connect();
    client.release();
    expect(pool.totalCount).toBe(1);
    await pool.connect();
    await client.query("listen jobs");
    client.release();
    expect(pool.totalCount).toBe(0);
    expect(discards).toMatchObject([{ reason: "session state: listen" }]);
    await expect.poll(() => sessionOf(stub).isEnding).toBe(true);
  });
});

describe("a client that is lost while it is checked out", () => {
  it("is taken back when its place is needed, and not before", async () => {
    const { stub, pool } = await start({ maxConnections: 2 });
    const forgotten = await pool.connect();
    await lose(forgotten, sessionOf(stub));
    const second = await pool.connect();
    expect(pool.totalCount).toBe(2);
    second.release();
    expect(await pool.connect()).toBe(second);
    expect(pool.totalCount).toBe(2);
    const third = await pool.connect();
    expect(third).not.toBe(forgotten);
    expect(pool.totalCount).toBe(2);
    expect(() => forgotten.release()).not.toThrow();
    expect(pool.totalCount).toBe(2);
    for (const client of [second, third]) client.release();
    expect(pool.idleCount).toBe(2);
  });

  it("is taken back at once if a caller waits", async () => {
    const { stub, pool } = await start();
    const forgotten = await pool.connect();
    const waiting = pool.connect();
    expect(await isSettled(waiting)).toBe(false);
    await lose(forgotten, sessionOf(stub));
    (await waiting).release();
    expect(stub.connects).toBe(2);
  });

  it.each(["before", "while"])("is taken back if it is lost %s the pool ends", async (when) => {
    const { stub, pool } = await start();
    const forgotten = await pool.connect();
    if (when === "before") await lose(forgotten, sessionOf(stub));
    const ended = pool.end();
    if (when === "while") await lose(forgotten, sessionOf(stub));
    await ended;
    expect(pool.totalCount).toBe(0);
  });

  it("counts no more when it has been released", async () => {
    const { stub, pool } = await start();
    const client = await pool.connect();
    await lose(client, sessionOf(stub));
    client.release();
    expect(pool.totalCount).toBe(0);
    const next = await pool.connect();
    expect(() => client.release()).toThrow("already been released");
    next.release();
  });
});

describe("a pool that ends", () => {
  it("refuses callers that wait for a client in use, and serves those whose client is being connected", async () => {
    const { pool } = await start({ maxConnections: 2 });
    const client = await pool.connect();
    const connecting = pool.connect();
    const waiting = [pool.connect(), pool.connect()];
    const ended = new Promise<void>((resolve) => {
      expect(Reflect.apply(pool.end, pool, [resolve])).toBeUndefined();
    });
    for (const refused of waiting) await expect(refused).rejects.toMatchObject(CLOSED);
    (await connecting).release();
    client.release();
    await ended;
    expect(pool.totalCount).toBe(0);
  });

  it("refuses callers that wait while all its clients are in use", async () => {
    const { pool } = await start();
    const client = await pool.connect();
    const refused = expect(pool.connect()).rejects.toMatchObject(CLOSED);
    const ended = pool.end();
    await refused;
    client.release();
    await ended;
  });

  it("serves callers whose idle client is being checked", async () => {
    const { pool } = await start({ maxConnections: 2 });
    const clients = [await pool.connect(), await pool.connect()];
    for (const client of clients) client.release();
    const served = pool.connect();
    await new Promise(setImmediate);
    expect(pool.idleCount).toBe(1);
    const ended = pool.end();
    (await served).release();
    await ended;
  });
});

describe("a client of the pool that ends", () => {
  /** The timers that the pool starts at the end of a client, each with the function that cancels it. */
  function watchTimers() {
    const startTimer = vi.spyOn(systemRuntime.clock, "startTimer");
    const timers: { ms: number; pass: () => void; cancel: ReturnType<typeof vi.fn> }[] = [];
    startTimer.mockImplementation((ms, pass) => {
      const cancel = vi.fn();
      timers.push({ ms, pass, cancel });
      return cancel;
    });
    return timers;
  }

  it("is closed after a second, unless the server closes it before", async () => {
    const { stub, pool } = await start();
    const client = await pool.connect();
    const timers = watchTimers();
    stub.isHolding = true;
    const ended = endOf(client);
    client.release(true);
    expect(timers).toHaveLength(1);
    const [timer] = timers;
    expect(timer?.ms).toBe(1000);
    await expect.poll(() => sessionOf(stub).isEnding).toBe(true);
    expect(timer?.cancel).not.toHaveBeenCalled();
    timer?.pass();
    await ended;
    expect(timer?.cancel).toHaveBeenCalledOnce();
  });

  it("needs no such limit if it is lost, or busy: node-postgres closes the socket", async () => {
    const { stub, pool } = await start({ maxConnections: 2 });
    const [lost, busy] = [await pool.connect(), await pool.connect()];
    await lose(lost, sessionOf(stub));
    stub.isHolding = true;
    const silent = busy.query("select 1").catch(() => undefined);
    const timers = watchTimers();
    for (const client of [lost, busy]) client.release(true);
    await silent;
    expect(timers).toEqual([]);
  });
});
