import type pg from "pg";
import Cursor from "pg-cursor";
import type { Program } from "../compare.js";
import type { PgPoolProgramOptions } from "../sides/pg.js";

/** One connection, so that the order of what goes through it can be compared. */
type Work = (pool: pg.Pool, client: pg.PoolClient) => Promise<unknown>;

function counts({ totalCount, idleCount, waitingCount }: pg.Pool): readonly number[] {
  return [totalCount, idleCount, waitingCount];
}

/** Waits until the pool is empty of work that hooks have queued. */
async function untilQuiet(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  await client.query("select 'quiet'");
  client.release(true);
}

async function withClient(pool: pg.Pool, work: Work): Promise<void> {
  const client = await pool.connect();
  await work(pool, client);
}

/** Hooks, waiting, what is released in what state, and the end of a pool. */
export const pgPoolLifePrograms: readonly Program<pg.Pool, PgPoolProgramOptions>[] = [
  {
    name: "a hook on 'connect' runs its statement before the first one",
    async run(pool, { record }) {
      pool.on(
        "connect",
        (client) => void client.query("select 'hook'").then(({ rows }) => record("hook", rows)),
      );
      for (const n of [1, 2]) record("query", (await pool.query(`select ${n} as n`)).rows);
    },
  },
  {
    name: "a hook on 'acquire' runs its statement before each one",
    async run(pool, { record }) {
      pool.on(
        "acquire",
        (client) => void client.query("select 'hook'").then(({ rows }) => record("hook", rows)),
      );
      for (const n of [1, 2, 3]) record("query", (await pool.query(`select ${n} as n`)).rows);
    },
  },
  {
    name: "a hook on 'release' runs its statement after each one",
    async run(pool, { record }) {
      pool.on("release", (_error, client) => {
        if (pool.idleCount < 3) void client.query("select 'hook'").catch((error) => record("hook", error));
      });
      for (const n of [1, 2, 3]) record("query", (await pool.query(`select ${n} as n`)).rows);
      pool.removeAllListeners("release");
      await untilQuiet(pool);
    },
  },
  {
    name: "events come in their order",
    async run(pool, { attempt, record }) {
      for (const event of ["connect", "acquire", "release", "error"] as const) {
        pool.on(event, () => record("event", event));
      }
      // A client is removed when its socket has closed, which happens beside the next steps.
      const removed = Promise.withResolvers<void>();
      let removals = 0;
      pool.on("remove", () => {
        removals++;
        if (removals === 2) removed.resolve();
      });
      await pool.query("select 1");
      await attempt("query", () => pool.query("select 2"));
      await attempt("a wrong one", () => pool.query("slect"));
      await pool.query("select 3");
      const client = await pool.connect();
      record("got", counts(pool));
      client.release(new Error("not wanted any more"));
      await removed.promise;
    },
  },
  {
    name: "callbacks get the client and its release",
    run: (pool, { record }) =>
      new Promise<void>((resolve, reject) => {
        pool.connect((error, client, done) => {
          if (error || !client) return reject(error);
          record("same", client instanceof Object && typeof done === "function");
          client.query("select 1 as one", (failed, result) => {
            record("rows", failed ?? result.rows);
            done();
            record("counts", counts(pool));
            resolve();
          });
        });
        record("counts", counts(pool));
      }),
  },
  {
    name: "counts follow connects, waits and releases",
    async run(pool, { record }) {
      const clients = [await pool.connect(), await pool.connect(), await pool.connect()];
      record("all out", counts(pool));
      const waiting = [pool.connect(), pool.connect()];
      record("two wait", counts(pool));
      clients[0]?.release();
      record("one served", counts(pool));
      clients[1]?.release(true);
      for (const client of await Promise.all(waiting)) client.release();
      clients[2]?.release();
      record("all back", counts(pool));
    },
    messages: "in any order",
  },
  {
    name: "a statement in flight at the release is answered, and the next one comes after it",
    run: (pool, { record }) =>
      withClient(pool, async (_, client) => {
        await client.query("begin");
        await client.query("create table kept (n int)");
        const committed = client.query("commit");
        client.release();
        record("idle", counts(pool));
        record("next", (await pool.query("select count(*) from kept")).rows);
        record("commit", (await committed).command);
      }),
  },
  {
    name: "a cursor",
    run: (pool, { record }) =>
      withClient(pool, async (_, client) => {
        const cursor = client.query(new Cursor("select generate_series(1, 5) as i"));
        record("read", await cursor.read(2));
        record("read", await cursor.read(9));
        await cursor.close();
        client.release();
        record("counts", counts(pool));
      }),
  },
  {
    name: "a transaction that is committed, and one that fails and is rolled back",
    run: (pool, { attempt, record }) =>
      withClient(pool, async (_, client) => {
        await client.query("create table items (id int primary key)");
        await client.query("begin");
        await client.query("insert into items values (1)");
        await client.query("commit");
        await client.query("begin");
        await attempt("twice", () => client.query("insert into items values (1)"));
        await attempt("in the failed transaction", () => client.query("select 1"));
        record("rollback", (await client.query("rollback")).command);
        client.release();
        record("kept", (await pool.query("select * from items")).rows);
      }),
  },
  {
    name: "a second release of a client",
    run: (pool, { attempt }) =>
      withClient(pool, async (_, client) => {
        client.release();
        await attempt("again", () => client.release());
      }),
  },
  {
    name: "a client that was ended while it was out",
    run: (pool, { record }) =>
      withClient(pool, async (_, client) => {
        await client.end();
        record("ended", counts(pool));
        client.release();
        record("released", counts(pool));
        record("next", (await pool.query("select 1 as one")).rows);
      }),
  },
  {
    name: "maxUses closes a client after its uses",
    options: { maxUses: 2 },
    async run(pool, { record }) {
      const { promise: bothRemoved, resolve } = Promise.withResolvers<void>();
      let removed = 0;
      pool.on("remove", () => {
        if (++removed === 2) resolve();
      });
      pool.on("connect", () => record("event", "connect"));
      for (const n of [1, 2, 3, 4]) {
        await pool.query(`select ${n}`);
        record("counts", counts(pool));
      }
      await bothRemoved;
    },
    messages: "in any order",
  },
  {
    name: "the pool ends while a client is out",
    run: (pool, { attempt, record }) =>
      withClient(pool, async (_, client) => {
        const ended = pool.end().then(() => record("ended", counts(pool)));
        record("query", (await client.query("select 1 as one")).rows);
        client.release();
        await ended;
        await attempt("ended twice", () => pool.end());
        // The program's own end would fail, which both sides would report.
        Reflect.set(pool, "end", async () => undefined);
      }),
  },
  {
    name: "a function in place of a text",
    run: (pool, { attempt }) =>
      attempt("query", () => Reflect.apply(pool.query, pool, [() => undefined]) ?? "nothing"),
  },
  {
    name: "a pool that has ended",
    async run(pool, { attempt }) {
      await pool.end();
      await attempt("query", () => pool.query("select 1"));
      Reflect.set(pool, "end", async () => undefined);
    },
    differs: {
      reason: "an RdsProxyError that names the place, with the driver's error as its cause",
      docs: "docs/driver-suites.md#pg-pool",
    },
  },
  {
    name: "a wait for a client that takes too long",
    options: { acquireTimeoutMs: 1000 },
    async run(pool, { attempt }) {
      const clients = [await pool.connect(), await pool.connect(), await pool.connect()];
      await attempt("query", () => pool.query("select 1"));
      for (const client of clients) client.release();
    },
    messages: "in any order",
    differs: {
      reason: "an RdsProxyError that names the limit, with the driver's error as its cause",
      docs: "docs/driver-suites.md#pg-pool",
    },
  },
  {
    name: "a transaction that was left open",
    run: (pool, { record }) =>
      withClient(pool, async (_, client) => {
        await client.query("begin");
        await client.query("create table left_open (n int)");
        client.release();
        record("open", (await pool.query("select to_regclass('left_open') is not null as open")).rows);
      }),
    differs: {
      reason: "it is rolled back before the connection is handed out again",
      docs: "docs/driver-suites.md#pg-pool",
    },
  },
];
