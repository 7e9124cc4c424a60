import { inspect } from "node:util";
import { connectionOptions, createPool, type PgPoolOptions } from "@rds-proxy/adapter-pg";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import pg from "pg";
import Cursor from "pg-cursor";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { stopDate } from "../support/settable-date.js";

let proxy: LocalProxy;
beforeEach(async () => {
  proxy = await startLocalProxy({
    engine: "postgres",
    upstream: inject("postgres"),
    // Read anew each time, so that a test may set the clock.
    now: () => Date.now(),
  });
});
afterEach(() => proxy.close());

function openPool(options: PgPoolOptions = {}): pg.Pool {
  const pool = createPool({ ...connectTo(proxy), ...options });
  onTestFinished(() => pool.end());
  return pool;
}

const allClosed = () => expect.poll(() => proxy.metrics().ClientConnections).toBe(0);

describe("createPool", () => {
  test("gives a real pg.Pool", async () => {
    const pool = openPool();
    expect(pool).toBeInstanceOf(pg.Pool);
    expect((await pool.query("select $1::int as n", [7])).rows).toEqual([{ n: 7 }]);
    const client = await pool.connect();
    expect(client).toBeInstanceOf(pg.Client);
    client.release();
    await new Promise<void>((resolve, reject) => {
      void pool.query("select 1 as one", (error, result) => {
        if (error) return reject(error);
        expect(result.rows).toEqual([{ one: 1 }]);
        resolve();
      });
    });
  });

  test("signs a token for each physical connection, also after the first has expired", async () => {
    const date = stopDate();
    onTestFinished(date.restore);
    const pool = openPool();
    await pool.query("select 1");
    date.advance(20 * 60_000);
    proxy.faults.killConnections("fin");
    await allClosed();
    await pool.query("select 1");
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 2, DistinctTokens: 2, TokensRefused: {} });
  });

  test.each(["fin", "rst", "admin-shutdown"] as const)(
    "survives idle connections closed by %s",
    async (manner) => {
      const pool = openPool({ maxConnections: 3 });
      await Promise.all([1, 2, 3].map(() => pool.query("select pg_sleep(0.01)")));
      expect(proxy.faults.killConnections(manner)).toBe(3);
      await allClosed();
      expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    },
  );

  test("survives a checked-out connection that is closed, which kills a plain pg.Pool's process", async () => {
    const pool = openPool();
    const client = await pool.connect();
    proxy.faults.killConnections("rst");
    await allClosed();
    await expect(client.query("select 1")).rejects.toThrow();
    client.release();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("replaces a silent connection", async () => {
    const pool = openPool({ validateAfterIdleMs: 0 });
    await pool.query("select 1");
    proxy.faults.silenceConnections();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("rolls back an open transaction without a new login", async () => {
    const pool = openPool();
    const client = await pool.connect();
    await client.query("begin");
    client.release();
    const { rows } = await pool.query("select pg_current_xact_id_if_assigned() is not null as open");
    expect(rows).toEqual([{ open: false }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("retries an exhausted server, and reports it with the server's error as the cause in the end", async () => {
    const pool = openPool();
    proxy.faults.failConnects("exhausted", { times: 3 });
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);

    const hurried = openPool({ acquireTimeoutMs: 1500 });
    proxy.faults.failConnects("exhausted", { times: Number.POSITIVE_INFINITY });
    await expect(hurried.query("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_EXHAUSTED",
      cause: { code: "53300" },
    });
  });

  test("rejects when all its connections are in use, and keeps them", async () => {
    const pool = openPool({ acquireTimeoutMs: 1000 });
    const client = await pool.connect();
    const refused = await pool.query("select 1").catch((error: unknown) => error);
    client.release();
    expect(refused).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(/maxConnections/),
    });
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("takes back a client that breaks while it is out, whether or not it is released", async () => {
    const pool = openPool({ acquireTimeoutMs: 5000 });
    const forgotten = await pool.connect();
    proxy.faults.killConnections("fin");
    await expect(forgotten.query("begin")).rejects.toThrow("terminated");
    const released = await pool.connect();
    proxy.faults.killConnections("rst");
    await expect(released.query("begin")).rejects.toThrow();
    // As in any pg.Pool.
    expect(pool.totalCount).toBe(1);
    released.release();
    expect(pool.totalCount).toBe(0);
    forgotten.release(true);
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(pool).toMatchObject({ totalCount: 1, idleCount: 1 });
  });

  test("ends with a broken client that was never released", async () => {
    const pool = createPool(connectTo(proxy));
    const forgotten = await pool.connect();
    proxy.faults.killConnections("rst");
    await expect(forgotten.query("begin")).rejects.toThrow();
    await pool.end();
    expect(pool.totalCount).toBe(0);
  });

  test("serves waiting callers in order", async () => {
    const pool = openPool({ connectTimeoutMs: 500 });
    const client = await pool.connect();
    const served: number[] = [];
    const waiting = [0, 1, 2, 3, 4].map((i) => pool.query("select 1").then(() => served.push(i)));
    // For longer than one attempt to connect may take.
    await client.query("select pg_sleep(0.6)");
    client.release();
    await Promise.all(waiting);
    expect(served).toEqual([0, 1, 2, 3, 4]);
  });

  test("rejects after acquireTimeoutMs when the server is silent", async () => {
    const pool = openPool({ acquireTimeoutMs: 1500 });
    proxy.faults.failConnects("silence-after-startup", { times: Number.POSITIVE_INFINITY });
    const end = Date.now() + 3000;
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_UNREACHABLE" });
    expect(Date.now()).toBeLessThan(end);
  });

  test("keeps a client whose caller could not wait for it, and checks it before it is used", async () => {
    const { credentials, ...endpoint } = connectTo(proxy);
    const signing = Promise.withResolvers<void>();
    let logins = 0;
    const pool = createPool({
      ...endpoint,
      acquireTimeoutMs: 2000,
      validateAfterIdleMs: 0,
      async credentials() {
        logins++;
        if (logins === 2) await signing.promise;
        return credentials;
      },
    });
    onTestFinished(() => pool.end());
    await pool.query("select 1");
    proxy.faults.silenceConnections();
    // Half of the time is spent on the silent client.
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    proxy.faults.clear();
    signing.resolve();
    await expect.poll(() => pool.idleCount).toBe(1);
    proxy.faults.silenceConnections();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(logins).toBe(3);
  });

  test("rejects after it has ended", async () => {
    const pool = createPool(connectTo(proxy));
    await pool.end();
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_CLOSED" });
  });

  test("when it ends, rejects callers that wait for a client, and serves callers whose client is being connected", async () => {
    const pool = createPool({ ...connectTo(proxy), maxConnections: 2 });
    const client = await pool.connect();
    const connecting = pool.query("select 1 as one");
    const waiting = [pool.query("select 1"), pool.connect()];
    const called = new Promise((resolve) => pool.connect((error) => resolve(error)));
    expect(pool.waitingCount).toBe(3);
    const ended = pool.end();
    const closed = {
      code: "RDS_PROXY_CLOSED",
      cause: { message: expect.stringContaining("after calling end") },
    };
    for (const refused of waiting) await expect(refused).rejects.toMatchObject(closed);
    expect(await called).toMatchObject(closed);
    expect((await connecting).rows).toEqual([{ one: 1 }]);
    client.release();
    await ended;
    expect(pool.totalCount).toBe(0);
  });

  test("shows the token in no property and no output", async () => {
    const pool = openPool();
    const client = await pool.connect();
    expect(inspect([pool, client], { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(
      "X-Amz-Signature",
    );
    client.release();
  });

  test("leaves no socket open when credentials cannot be loaded", async () => {
    const pool = openPool({
      credentials: async () => {
        throw new Error("no role");
      },
    });
    await expect(pool.query("select 1")).rejects.toThrow("no role");
    await allClosed();
  });
});

describe("a connection that is busy with what its owner queued waits its turn", () => {
  /** The order in which statements end, and how often the pool logged in. */
  async function run(
    prepare: (pool: pg.Pool, note: (what: string) => (work: Promise<unknown>) => void) => void,
  ) {
    const order: string[] = [];
    const pool = openPool({ acquireTimeoutMs: 5000 });
    prepare(pool, (what) => (work) => {
      work.then(
        () => order.push(what),
        (error: unknown) => order.push(String(error)),
      );
    });
    for (const i of [1, 2, 3]) {
      await pool.query("select 1");
      order.push(String(i));
    }
    // What a hook has queued behind the last one has ended then.
    await pool.query("select 1");
    return { order, logins: proxy.metrics().ClientConnectionsReceived };
  }

  test("in a hook on 'acquire'", async () => {
    const { order, logins } = await run((pool, note) => {
      pool.on("acquire", (client) => note("hook")(client.query("select 'hook'")));
    });
    expect(order).toEqual(["hook", "1", "hook", "2", "hook", "3", "hook"]);
    expect(logins).toBe(1);
  });

  test("in a hook on 'release'", async () => {
    const { order, logins } = await run((pool, note) => {
      pool.on("release", (_error, client) => note("hook")(client.query("select 'hook'")));
    });
    expect(order).toEqual(["1", "hook", "2", "hook", "3", "hook"]);
    expect(logins).toBe(1);
  });

  test("in a hook on 'connect'", async () => {
    const { order, logins } = await run((pool, note) => {
      pool.on("connect", (client) => note("hook")(client.query("select pg_sleep(0.02)")));
    });
    expect(order).toEqual(["hook", "1", "2", "3"]);
    expect(logins).toBe(1);
  });

  test("when it is released with a statement in flight", async () => {
    const pool = openPool();
    for (const _ of [1, 2, 3, 4]) {
      const client = await pool.connect();
      await client.query("begin");
      const committed = client.query("commit");
      client.release();
      expect(pool.idleCount).toBe(1);
      expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
      await committed;
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("and is replaced when its answer does not come in half of the time that there is", async () => {
    const pool = openPool({ acquireTimeoutMs: 2000 });
    const client = await pool.connect();
    proxy.faults.silenceConnections();
    const silent = client.query("select 1").catch((error: unknown) => error);
    client.release();
    proxy.faults.clear();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(await silent).toBeInstanceOf(Error);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test("and a hook on 'acquire' sees no connection that is not handed out", async () => {
    const pool = openPool({ acquireTimeoutMs: 5000 });
    const acquired: pg.PoolClient[] = [];
    await pool.query("select 1");
    pool.on("acquire", (client) => acquired.push(client));
    proxy.faults.killConnections("fin");
    const client = await pool.connect();
    expect(acquired).toEqual([client]);
    client.release();
  });

  test("and the pool has no listener but those of its user", () => {
    const pool = openPool();
    expect(pool.eventNames()).toEqual([]);
    expect(pool.emit("error", new Error("of an idle client"))).toBe(false);
  });
});

describe("a client of the pool", () => {
  test("streams, calls back and promises in parallel, in the order of the calls", async () => {
    const client = await openPool().connect();
    const order: string[] = [];
    const cursor = client.query(new Cursor("select generate_series(1, 5) as i"));
    const called = new Promise<void>((resolve) => {
      void client.query("select 1", () => {
        order.push("callback");
        resolve();
      });
    });
    const promised = client.query("select 2").then(() => order.push("promise"));
    expect(await cursor.read(2)).toEqual([{ i: 1 }, { i: 2 }]);
    await cursor.close();
    order.push("cursor");
    await Promise.all([called, promised]);
    expect(order).toEqual(["cursor", "callback", "promise"]);
    client.release();
  });

  test("fails what waits behind a query whose connection breaks, all of it", async () => {
    const client = await openPool().connect();
    const waiting = [client.query("select pg_sleep(30)"), client.query("select 1"), client.query("select 2")];
    const settled = Promise.allSettled(waiting);
    proxy.faults.killConnections("rst");
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    client.release();
  });

  test("fails what waits behind a silent query after query_timeout, too", async () => {
    const client = await openPool({ query_timeout: 100 }).connect();
    proxy.faults.silenceConnections();
    const called = new Promise((resolve) => {
      setImmediate(() => void client.query("select 1", (error) => resolve(error.message)));
    });
    const waiting = [client.query("select 1"), client.query("rollback")];
    for (const { status } of await Promise.allSettled(waiting)) expect(status).toBe("rejected");
    expect(await called).toBe("Query read timeout");
    client.release(true);
  });

  test("fails a query that waits after the query's own query_timeout, and calls its own callback", async () => {
    const client = await openPool().connect();
    proxy.faults.silenceConnections();
    const silent = Promise.allSettled([client.query("select 1")]);
    const called = new Promise((resolve) => {
      const settings = { text: "select 2", query_timeout: 100, callback: resolve };
      expect(Reflect.apply(client.query, client, [settings])).toBeUndefined();
    });
    expect(await called).toMatchObject({ message: "Query read timeout" });
    client.release(true);
    await silent;
  });

  test("stays usable after a query that could not be sent", async () => {
    const client = await openPool().connect();
    expect(() => Reflect.apply(client.query, client, [null])).toThrow(TypeError);
    await expect(client.query("select $1::int", [Symbol("not a value")])).rejects.toThrow();
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    client.release();
  });
});

describe("connectionOptions", () => {
  test("let a plain pg.Pool and a plain pg.Client log in, with a new token each time", async () => {
    const pool = new pg.Pool({ ...connectionOptions(connectTo(proxy)), max: 2 });
    await Promise.all([pool.query("select pg_sleep(0.01)"), pool.query("select pg_sleep(0.01)")]);
    const client = new pg.Client(connectionOptions(connectTo(proxy)));
    await client.connect();
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await Promise.all([pool.end(), client.end()]);
    expect(proxy.metrics().TokensVerified).toBe(3);
  });
});

describe("options that RDS Proxy would refuse", () => {
  test.each([
    ["statement_timeout", 1000],
    ["lock_timeout", 1000],
    ["idle_in_transaction_session_timeout", 1000],
    ["options", "-c search_path=app"],
    ["replication", "database"],
  ])("%s is rejected with the remedy, before anything connects", (name, value) => {
    for (const create of [createPool, connectionOptions]) {
      expect(() => Reflect.apply(create, undefined, [{ ...connectTo(proxy), [name]: value }])).toThrow(
        expect.objectContaining({
          code: "RDS_PROXY_INVALID_OPTION",
          message: expect.stringContaining(`${name}: `),
        }),
      );
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
  });

  test("PGOPTIONS, which node-postgres would read by itself, is rejected by its name", () => {
    vi.stubEnv("PGOPTIONS", "-c search_path=app");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    expect(() => createPool(connectTo(proxy))).toThrow(/^PGOPTIONS: .*ALTER ROLE/);
  });

  test.each([
    ["password", "secret", /A token is signed/],
    ["connectionString", "postgres://localhost", /as options or in the environment/],
    ["max", 5, /`maxConnections`/],
    ["ssl", { rejectUnauthorized: false }, /always verified/],
    ["sll", {}, /Known are/],
    ["Host", "localhost", /Did you mean `host`/],
  ])("%s is rejected with the remedy", (name, value, remedy) => {
    expect(() => Reflect.apply(createPool, undefined, [{ ...connectTo(proxy), [name]: value }])).toThrow(
      remedy,
    );
  });
});
