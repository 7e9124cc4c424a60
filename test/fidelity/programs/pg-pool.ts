import { setImmediate as nextTurn } from "node:timers/promises";
import type pg from "pg";
import Cursor from "pg-cursor";
import type { Program } from "../compare.js";
import type { PgPoolProgramOptions } from "../sides/pg.js";

type PgPoolProgram = Program<pg.Pool, PgPoolProgramOptions>;

const counts = (pool: pg.Pool): unknown => [pool.totalCount, pool.idleCount, pool.waitingCount];

/** The events of a pool in their order, without the clients that they come with. */
function listen(pool: pg.Pool): string[] {
  const events: string[] = [];
  pool.on("connect", () => events.push("connect"));
  pool.on("acquire", () => events.push("acquire"));
  pool.on("release", (error) => events.push(`release ${error}`));
  pool.on("remove", () => events.push("remove"));
  return events;
}

export const pgPoolPrograms: readonly PgPoolProgram[] = [
  { name: "query: values", run: (pool) => pool.query("select $1::int as n", [7]) },
  {
    name: "query: an object",
    run: (pool) => pool.query({ text: "select 1 as a, 2 as a", rowMode: "array" }),
  },
  {
    name: "query: a callback",
    async run(pool, { record }) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const returned: unknown = pool.query("select 1 as one", (...args: unknown[]) => resolve(args));
      record("the call", returned);
      return promise;
    },
  },
  {
    name: "query: values and a callback that gets an error",
    async run(pool) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      pool.query("select $1::int / 0 as x", [1], (...args: unknown[]) => resolve(args));
      return promise;
    },
  },
  { name: "query: errors", run: (pool, { attempt }) => attempt("query", () => pool.query("select nothing")) },
  {
    name: "query: arguments that are no query",
    async run(pool, { attempt }) {
      await attempt("nothing", () => Reflect.apply(pool.query, pool, []));
      await attempt("null", () => Reflect.apply(pool.query, pool, [null]));
      await attempt("afterwards", () => pool.query("select 1 as one"));
    },
  },
  {
    name: "queries in parallel",
    messages: "in any order",
    run: async (pool) =>
      (await Promise.all([1, 2, 3, 4, 5, 6].map((n) => pool.query("select $1::int as n", [n])))).map(
        ({ rows }) => rows,
      ),
  },
  {
    name: "queries in parallel, some of which fail",
    messages: "in any order",
    async run(pool) {
      const settled = await Promise.allSettled(
        ["select 1 as a", "selec", "select 2 as b"].map((text) => pool.query(text)),
      );
      return settled.map((one) => (one.status === "fulfilled" ? one.value.rows : one.reason));
    },
  },
  {
    name: "connect: a client, released",
    async run(pool, { record }) {
      record("before", counts(pool));
      const client = await pool.connect();
      record("during", counts(pool));
      record("rows", (await client.query("select 1 as one")).rows);
      record("release", client.release());
      record("after", counts(pool));
    },
  },
  {
    name: "connect: a callback",
    async run(pool, { record }) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      pool.connect((error, client, done) => {
        record("arguments", [error, client?.constructor === undefined, typeof done]);
        client?.query("select 1 as one", (failed, result) => {
          done();
          resolve([failed, result.rows]);
        });
      });
      return promise;
    },
  },
  {
    name: "connect: released twice",
    async run(pool, { attempt }) {
      const client = await pool.connect();
      client.release();
      await attempt("again", () => client.release());
    },
  },
  {
    name: "connect: released with an error is closed",
    async run(pool, { record }) {
      const client = await pool.connect();
      client.release(new Error("broken"));
      await nextTurn();
      record("counts", counts(pool));
      return (await pool.query("select 1 as one")).rows;
    },
  },
  {
    name: "connect: the same client comes again",
    async run(pool) {
      const first = await pool.connect();
      first.release();
      const second = await pool.connect();
      second.release();
      return first === second;
    },
  },
  {
    name: "connect: more than there are wait in their order",
    async run(pool, { record }) {
      const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
      const order: number[] = [];
      const waiting = [1, 2].map(async (n) => {
        const client = await pool.connect();
        order.push(n);
        client.release();
      });
      await nextTurn();
      record("waiting", counts(pool));
      for (const client of clients) client.release();
      await Promise.all(waiting);
      record("order", order);
      record("afterwards", counts(pool));
    },
  },
  {
    name: "events of one query",
    async run(pool) {
      const events = listen(pool);
      await pool.query("select 1");
      await pool.query("select 1");
      await nextTurn();
      return events;
    },
  },
  {
    name: "events of a client that is closed",
    async run(pool) {
      const events = listen(pool);
      const removed = new Promise((resolve) => pool.once("remove", resolve));
      (await pool.connect()).release(true);
      await removed;
      return events;
    },
  },
  {
    name: "a set-up of each new client by the event connect",
    async run(pool) {
      pool.on("connect", (client) => {
        client.query("set statement_timeout = 4321");
      });
      return (await pool.query("show statement_timeout")).rows;
    },
  },
  {
    name: "a transaction",
    async run(pool) {
      await pool.query("create table t (a int)");
      const client = await pool.connect();
      await client.query("begin");
      await client.query("insert into t values (1)");
      await client.query("commit");
      client.release();
      return (await pool.query("select * from t")).rows;
    },
  },
  {
    name: "a cursor",
    async run(pool, { record }) {
      const client = await pool.connect();
      const cursor = client.query(new Cursor("select i from generate_series(1, 5) as i"));
      record("rows", await cursor.read(3));
      await cursor.close();
      client.release();
    },
  },
  {
    name: "properties that are assigned to a pool or a client",
    async run(pool) {
      Object.assign(pool, { own: 1 });
      const client = await pool.connect();
      Object.assign(client, { own: 2 });
      client.release();
      const again = await pool.connect();
      again.release();
      return [Reflect.get(pool, "own"), Reflect.get(again, "own")];
    },
  },
  {
    name: "the end",
    async run(pool, { record }) {
      // The side ends the pool as well, which a pool allows once.
      await pool.query("select 1 as one");
      record("flags", [pool.ended, pool.ending]);
      record("options", [pool.options.max, pool.options.idleTimeoutMillis, pool.options.allowExitOnIdle]);
    },
  },
  {
    name: "options: maxUses",
    options: { maxUses: 1 },
    async run(pool, { record }) {
      const first = await pool.connect();
      first.release();
      const second = await pool.connect();
      second.release();
      record("is another", first !== second);
    },
  },
  {
    name: "options: types and the name of the application",
    options: {
      types: { getTypeParser: (oid: number) => (value: unknown) => `${oid}:${value}` },
      application_name: "fidelity",
    },
    run: async (pool) =>
      (await pool.query("select 1::int as n, current_setting('application_name') as a")).rows,
  },
];
