import { Readable } from "node:stream";
import { inspect } from "node:util";
import { connectionOptions, createPool, type Mysql2PoolOptions } from "@rds-proxy/adapter-mysql2";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import mysql, { type Pool, type RowDataPacket } from "mysql2/promise";
import olderMysql from "mysql2-before-clear-password/promise";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { stopDate } from "../support/settable-date.js";

let proxy: LocalProxy;
beforeEach(async () => {
  proxy = await startLocalProxy({
    engine: "mysql",
    upstream: inject("mysql"),
    // Read anew each time, so that a test may set the clock.
    now: () => Date.now(),
  });
});
afterEach(() => proxy.close());

function openPool(options: Mysql2PoolOptions = {}): Pool {
  const pool = createPool({ ...connectTo(proxy), ...options });
  onTestFinished(() => pool.end());
  return pool;
}

async function one(pool: Pick<Pool, "query">): Promise<unknown> {
  const [rows] = await pool.query<RowDataPacket[]>("select 1 as one");
  return rows[0]?.["one"];
}

const allClosed = () => expect.poll(() => proxy.metrics().ClientConnections).toBe(0);

describe("createPool", () => {
  test("gives a real mysql2/promise pool", async () => {
    const pool = openPool();
    expect(pool.constructor.name).toBe("PromisePool");
    expect(await one(pool)).toBe(1);
    const [rows] = await pool.execute<RowDataPacket[]>("select ? as n", [7]);
    expect(Number(rows[0]?.["n"])).toBe(7);
    const connection = await pool.getConnection();
    expect(await one(connection)).toBe(1);
    connection.release();
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
  });

  test("signs a token for each physical connection, also after the first has expired", async () => {
    const date = stopDate();
    onTestFinished(date.restore);
    const pool = openPool();
    await one(pool);
    date.advance(20 * 60_000);
    proxy.faults.killConnections("fin");
    await allClosed();
    await one(pool);
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 2, DistinctTokens: 2, TokensRefused: {} });
  });

  test.each(["fin", "rst", "admin-shutdown"] as const)(
    "survives idle connections closed by %s",
    async (manner) => {
      const pool = openPool({ maxConnections: 3 });
      await Promise.all([1, 2, 3].map(() => pool.query("select sleep(0.05)")));
      expect(proxy.faults.killConnections(manner)).toBe(3);
      await allClosed();
      expect(await one(pool)).toBe(1);
    },
  );

  test("survives a checked-out connection that is closed", async () => {
    const pool = openPool();
    const connection = await pool.getConnection();
    proxy.faults.killConnections("rst");
    await allClosed();
    await expect(connection.query("select 1")).rejects.toThrow();
    connection.release();
    expect(await one(pool)).toBe(1);
  });

  test("replaces a silent connection", async () => {
    const pool = openPool({ validateAfterIdleMs: 0 });
    await one(pool);
    proxy.faults.silenceConnections();
    expect(await one(pool)).toBe(1);
  });

  test("rolls back an open transaction without a new login", async () => {
    const pool = openPool();
    await pool.query("create temporary table left_open (id int) engine = innodb");
    const connection = await pool.getConnection();
    await connection.beginTransaction();
    await connection.query("insert into left_open values (1)");
    connection.release();
    expect(await pool.query("select * from left_open")).toEqual([[], expect.anything()]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("logs in once for statements that fail, and for sessions without autocommit", async () => {
    const pool = openPool();
    pool.on("connection", (connection) => void connection.query("set autocommit = 0"));
    for (const _ of [1, 2, 3]) {
      await expect(pool.query("slect 1")).rejects.toMatchObject({ code: "ER_PARSE_ERROR" });
      const [rows] = await pool.query("select @@autocommit as autocommit");
      expect(rows).toEqual([{ autocommit: 0 }]);
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("names the login of each connect that fails, also where two overlap", async () => {
    const keys = ["ASIAFIRSTEXAMPLE", "ASIASECONDEXAMPLE"];
    const bothAsked = Promise.withResolvers<void>();
    const asked: string[] = [];
    const pool = openPool({
      maxConnections: 2,
      retry: { maxAttempts: 1 },
      async credentials() {
        const accessKeyId = keys[asked.length] ?? "ASIATHIRDEXAMPLE";
        asked.push(accessKeyId);
        if (asked.length === 2) bothAsked.resolve();
        await bothAsked.promise;
        return { accessKeyId, secretAccessKey: "wrong", sessionToken: "wrong" };
      },
    });
    const refused = await Promise.allSettled([pool.query("select 1"), pool.query("select 1")]);
    const messages = refused.map((outcome) => (outcome.status === "rejected" ? String(outcome.reason) : ""));
    expect(messages.map((message) => keys.filter((key) => message.includes(key)))).toEqual(
      expect.arrayContaining([[keys[0]], [keys[1]]]),
    );
  });

  test("does not reuse a connection whose server became read-only, whichever call acquired it", async () => {
    const pool = openPool();
    const connection = await pool.getConnection();
    proxy.faults.setReadOnly(true);
    await expect(connection.query("create table never_made (id int)")).rejects.toThrow(/read[- ]only/i);
    proxy.faults.setReadOnly(false);
    connection.release();
    expect(await one(pool)).toBe(1);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test.each([
    ["read-only", 1290],
    ["read-only-mode", 1836],
    ["borrow-timeout", 9501],
  ] as const)(
    "does not hand on a connection that was told %s (%i), and passes the error on",
    async (fault, errno) => {
      const pool = openPool();
      const connection = await pool.getConnection();
      proxy.faults.failStatements(fault);
      await expect(connection.query("select 1")).rejects.toMatchObject({ errno });
      connection.release();
      expect(await one(pool)).toBe(1);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    },
  );

  test("retries an exhausted server, and reports it with the server's error as the cause in the end", async () => {
    const pool = openPool();
    proxy.faults.failConnects("exhausted", { times: 3 });
    expect(await one(pool)).toBe(1);

    const hurried = openPool({ acquireTimeoutMs: 1500 });
    proxy.faults.failConnects("exhausted", { times: Number.POSITIVE_INFINITY });
    await expect(hurried.query("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_EXHAUSTED",
      cause: { errno: 1040 },
    });
  });

  test("retries a borrow timeout, for which mysql2 has no code", async () => {
    const pool = openPool({ acquireTimeoutMs: 1500 });
    proxy.faults.failConnects("borrow-timeout", { times: Number.POSITIVE_INFINITY });
    await expect(pool.query("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_BORROW_TIMEOUT",
      cause: { errno: 9501 },
    });
    expect(proxy.metrics().ClientConnectionsReceived).toBeGreaterThan(1);
  });

  test("rejects when all its connections are in use, and keeps them", async () => {
    const pool = openPool({ acquireTimeoutMs: 1000 });
    const connection = await pool.getConnection();
    const refused = await pool.query("select 1").catch((error: unknown) => error);
    connection.release();
    expect(refused).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(/maxConnections/),
    });
    expect(await one(pool)).toBe(1);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("rejects after acquireTimeoutMs when the server is silent", async () => {
    const pool = openPool({ acquireTimeoutMs: 1500 });
    proxy.faults.failConnects("silence-after-startup", { times: Number.POSITIVE_INFINITY });
    const end = Date.now() + 3000;
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_UNREACHABLE" });
    expect(Date.now()).toBeLessThan(end);
  });

  test("keeps a connection whose caller could not wait for it, and checks it before it is used", async () => {
    const { credentials, ...endpoint } = connectTo(proxy);
    const signing = Promise.withResolvers<void>();
    const pool = createPool({
      ...endpoint,
      acquireTimeoutMs: 2000,
      validateAfterIdleMs: 0,
      async credentials() {
        await signing.promise;
        return credentials;
      },
    });
    onTestFinished(() => pool.end());
    const events: string[] = [];
    pool.on("acquire", () => events.push("acquire"));
    pool.on("release", () => events.push("release"));
    await expect(one(pool)).rejects.toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    signing.resolve();
    await expect.poll(() => events).toEqual(["acquire", "release"]);
    proxy.faults.silenceConnections();
    expect(await one(pool)).toBe(1);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test("ends also while a connect fails", async () => {
    const pool = createPool({ ...connectTo(proxy), acquireTimeoutMs: 400 });
    proxy.faults.failConnects("exhausted", { times: Number.POSITIVE_INFINITY });
    const refused = expect(pool.query("select 1")).rejects.toThrow();
    await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBeGreaterThan(0);
    await pool.end();
    await refused;
  });

  test("rejects after it has ended", async () => {
    const pool = createPool(connectTo(proxy));
    await pool.end();
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_CLOSED" });
  });

  test("rejects callers that wait for a connection when it ends", async () => {
    const pool = createPool({ ...connectTo(proxy), maxConnections: 1 });
    const connection = await pool.getConnection();
    const waiting = [pool.query("select 1"), pool.getConnection()];
    const ended = pool.end();
    const closed = { code: "RDS_PROXY_CLOSED", cause: { message: "Pool is closed." } };
    for (const refused of waiting) await expect(refused).rejects.toMatchObject(closed);
    connection.release();
    await ended;
  });

  test("shows the token in no property and no output", async () => {
    const pool = openPool();
    const connection = await pool.getConnection();
    const shown = inspect([pool, connection], { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(shown).not.toContain("X-Amz-Signature");
    connection.release();
  });

  test("rejects with the reason when credentials cannot be loaded, and leaves no socket open", async () => {
    const pool = openPool({
      credentials: async () => {
        throw new Error("no role");
      },
    });
    await expect(pool.query("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      message: expect.stringMatching(/no role/),
    });
    await allClosed();
  });
});

/** Calls a method of mysql2's own connection, which takes callbacks; its type says that it is the one with promises. */
function call(object: object, method: string, ...args: unknown[]): object {
  const called: unknown = Reflect.apply(Reflect.get(object, method), object, args);
  if (typeof called !== "object" || called === null) throw new Error(`${method} returned no object`);
  return called;
}

describe("a connection that is busy with what its owner queued waits its turn", () => {
  /** The order in which statements end, and how often the pool logged in. */
  async function run(event: "connection" | "acquire" | "release") {
    const order: string[] = [];
    const pool = openPool({ acquireTimeoutMs: 5000 });
    const hook = (connection: object): void => {
      const note = (error: unknown): number => order.push(error ? String(error) : "hook");
      call(connection, "query", "select 'hook'", note);
    };
    // The types have one signature for each event.
    if (event === "connection") pool.on(event, hook);
    else if (event === "acquire") pool.on(event, hook);
    else pool.on(event, hook);
    for (const i of [1, 2, 3]) {
      await one(pool);
      order.push(String(i));
    }
    // What a hook has queued behind the last one has ended then.
    await one(pool);
    return { order, logins: proxy.metrics().ClientConnectionsReceived };
  }

  test.each([
    ["connection", ["hook", "1", "2", "3"]],
    ["acquire", ["hook", "1", "hook", "2", "hook", "3", "hook"]],
    ["release", ["1", "hook", "2", "hook", "3", "hook"]],
  ] as const)("in a hook on '%s'", async (event, expected) => {
    const { order, logins } = await run(event);
    expect(order).toEqual(expected);
    expect(logins).toBe(1);
  });

  test("when it is released with a statement in flight", async () => {
    const pool = openPool();
    for (const _ of [1, 2, 3, 4]) {
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      const committed = connection.query("commit");
      connection.release();
      expect(await one(pool)).toBe(1);
      await committed;
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("when it is released with a stream that is read slowly", async () => {
    const pool = openPool();
    const connection = await pool.getConnection();
    const query = call(connection.connection, "query", "select 1 as n union select 2 union select 3");
    const rows = call(query, "stream", { highWaterMark: 1 });
    if (!(rows instanceof Readable)) throw new Error("no stream");
    connection.release();
    const next = one(pool);
    const read: unknown[] = [];
    for await (const row of rows) read.push(row);
    expect(read).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await next).toBe(1);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("and is replaced when its answer does not come in half of the time that there is", async () => {
    const pool = openPool({ acquireTimeoutMs: 2000 });
    const connection = await pool.getConnection();
    proxy.faults.silenceConnections();
    const silent = connection.query("select 1").catch((error: unknown) => error);
    connection.release();
    proxy.faults.clear();
    expect(await one(pool)).toBe(1);
    expect(await silent).toBeInstanceOf(Error);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test("and a hook on 'acquire' sees no connection that is not handed out", async () => {
    const pool = openPool({ acquireTimeoutMs: 5000 });
    const acquired: unknown[] = [];
    await one(pool);
    pool.on("acquire", (connection) => acquired.push(connection));
    proxy.faults.killConnections("fin");
    const { connection } = await pool.getConnection();
    expect(acquired).toEqual([connection]);
    connection.destroy();
  });
});

/** Both have what is used here, in the types of the newer one. */
type Driver = typeof mysql;

const versions = [
  { version: "3.22 and later, which refuse the built-in mysql_clear_password", driver: mysql },
  { version: "before 3.22, which have no option for it", driver: olderMysql as object as Driver },
];

describe.each(versions)("connectionOptions with mysql2 $version", ({ driver }) => {
  test("let a plain connection and a plain pool log in, each time with a token, and without a warning", async () => {
    const warned = vi.spyOn(console, "warn");
    const complained = vi.spyOn(console, "error");
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const pool = driver.createPool({ ...connectionOptions(connectTo(proxy)), connectionLimit: 2 });
    await Promise.all([pool.query("select sleep(0.05)"), pool.query("select sleep(0.05)")]);
    const connection = await driver.createConnection(connectionOptions(connectTo(proxy)));
    await connection.query("select 1");
    await Promise.all([pool.end(), connection.end()]);
    expect(proxy.metrics().TokensVerified).toBe(3);
    expect(warned).not.toHaveBeenCalled();
    expect(complained).not.toHaveBeenCalled();
  });

  test("send no token to a server whose name is not in its certificate", async () => {
    const options = connectionOptions({
      ...connectTo(proxy),
      ssl: { ca: proxy.ca, servername: "other.example.com" },
    });
    await expect(driver.createConnection(options)).rejects.toThrow(/altnames/);
    expect(proxy.metrics().DistinctTokens).toBe(0);
  });
});

describe.each(["mysql_native_password", "caching_sha2_password"] as const)(
  "a proxy that greets with %s",
  (authPlugin) => {
    test("gets the token all the same", async () => {
      const greeting = await startLocalProxy({
        engine: "mysql",
        upstream: inject("mysql"),
        mysql: { authPlugin },
      });
      onTestFinished(() => greeting.close());
      const connection = await mysql.createConnection(connectionOptions(connectTo(greeting)));
      expect(await one(connection)).toBe(1);
      await connection.end();
      expect(greeting.metrics().TokensVerified).toBe(1);
    });
  },
);

describe("options that do not go with a proxied login", () => {
  test.each([
    ["password", "secret", /A token is signed/],
    ["authPlugins", {}, /signs the token/],
    ["uri", "mysql://localhost", /as options or in the environment/],
    ["compress", true, /compressed protocol/],
    ["connectionLimit", 5, /`maxConnections`/],
    ["debug", true, /print the token/],
    ["ssl", { rejectUnauthorized: false }, /always verified/],
    ["timeZone", "Z", /Did you mean `timezone`/],
  ])("%s is rejected with the remedy, before anything connects", (name, value, remedy) => {
    for (const create of [createPool, connectionOptions]) {
      expect(() => Reflect.apply(create, undefined, [{ ...connectTo(proxy), [name]: value }])).toThrow(
        remedy,
      );
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
  });
});
