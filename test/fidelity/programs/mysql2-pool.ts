import { setImmediate as nextTurn } from "node:timers/promises";
import type { Pool, RowDataPacket } from "mysql2/promise";
import type { Program } from "../compare.js";
import type { MysqlPoolProgramOptions } from "../sides/mysql2.js";

type MysqlPoolProgram = Program<Pool, MysqlPoolProgramOptions>;

/** The events of a pool in their order, without the connections that they come with. */
function listen(pool: Pool): string[] {
  const events: string[] = [];
  for (const name of ["connection", "acquire", "release", "enqueue"] as const) {
    Reflect.apply(pool.on, pool, [name, () => events.push(name)]);
  }
  return events;
}

export const mysql2PoolPrograms: readonly MysqlPoolProgram[] = [
  { name: "query: values", run: (pool) => pool.query("select ? as n", [7]) },
  {
    name: "query: an object",
    run: (pool) => pool.query({ sql: "select 1 as a, 2 as a", rowsAsArray: true }),
  },
  { name: "execute: values", run: (pool) => pool.execute("select ? as n, ? as t", [7, "x"]) },
  {
    name: "errors",
    async run(pool, { attempt }) {
      await attempt("query", () => pool.query("select nothing"));
      await attempt("execute", () => pool.execute("selec"));
      await attempt("afterwards", () => pool.query("select 1 as one"));
    },
  },
  {
    name: "queries in parallel",
    messages: "in any order",
    run: (pool) =>
      Promise.all([1, 2, 3, 4, 5, 6].map(async (n) => (await pool.query("select ? as n", [n]))[0])),
  },
  {
    name: "queries in parallel, some of which fail",
    messages: "in any order",
    async run(pool) {
      const settled = await Promise.allSettled(
        ["select 1 as a", "selec", "select 2 as b"].map((sql) => pool.query(sql)),
      );
      return settled.map((one) => (one.status === "fulfilled" ? one.value[0] : one.reason));
    },
  },
  {
    name: "getConnection: a connection, released",
    async run(pool, { record }) {
      const connection = await pool.getConnection();
      record("rows", (await connection.query("select 1 as one"))[0]);
      record("release", connection.release());
      return (await pool.query("select 2 as two"))[0];
    },
  },
  {
    name: "getConnection: released twice",
    async run(pool, { attempt }) {
      const connection = await pool.getConnection();
      connection.release();
      await attempt("again", () => connection.release());
      await attempt("query", () => pool.query("select 1 as one"));
    },
  },
  {
    name: "getConnection: destroyed",
    async run(pool, { record }) {
      const connection = await pool.getConnection();
      record("destroy", connection.destroy());
      return (await pool.query("select 1 as one"))[0];
    },
  },
  {
    name: "getConnection: the same session comes again",
    async run(pool) {
      const first = await pool.getConnection();
      const { threadId } = first;
      first.release();
      const second = await pool.getConnection();
      second.release();
      return second.threadId === threadId;
    },
  },
  {
    name: "getConnection: more than there are wait in their order",
    async run(pool, { record }) {
      const connections = await Promise.all([
        pool.getConnection(),
        pool.getConnection(),
        pool.getConnection(),
      ]);
      const order: number[] = [];
      const waiting = [1, 2].map(async (n) => {
        const connection = await pool.getConnection();
        order.push(n);
        connection.release();
      });
      await nextTurn();
      for (const connection of connections) connection.release();
      await Promise.all(waiting);
      record("order", order);
    },
  },
  {
    name: "a transaction",
    async run(pool) {
      await pool.query("create table t (a int)");
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      await connection.query("insert into t values (1)");
      await connection.commit();
      connection.release();
      return (await pool.query("select * from t"))[0];
    },
  },
  {
    name: "a transaction that is rolled back",
    async run(pool) {
      await pool.query("create table t (a int)");
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      await connection.query("insert into t values (1)");
      await connection.rollback();
      connection.release();
      return (await pool.query("select * from t"))[0];
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
    name: "events of connections that are waited for",
    async run(pool) {
      const events = listen(pool);
      const connections = await Promise.all([
        pool.getConnection(),
        pool.getConnection(),
        pool.getConnection(),
      ]);
      const waiting = pool.getConnection();
      await nextTurn();
      for (const connection of connections) connection.release();
      (await waiting).release();
      await nextTurn();
      return events.toSorted();
    },
  },
  {
    name: "a set-up of each new connection by the event connection",
    async run(pool) {
      pool.on("connection", (connection) => {
        connection.query("set @own = 7");
      });
      return (await pool.query("select @own as own"))[0];
    },
  },
  {
    name: "escape, escapeId and format",
    run: async (pool) => [pool.escape("it's"), pool.escapeId("a.b"), pool.format("select ?? = ?", ["a", 1])],
  },
  {
    name: "the pool with callbacks",
    async run(pool) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const core: unknown = Reflect.get(pool, "pool");
      const query: unknown = Reflect.get(Object(core), "query");
      if (typeof query !== "function") throw new Error("the pool has no query");
      Reflect.apply(query, core, ["select ? as n", [7], (...args: unknown[]) => resolve(args)]);
      return promise;
    },
  },
  {
    name: "options: rows as arrays, named placeholders, big numbers",
    options: { rowsAsArray: true, namedPlaceholders: true, supportBigNumbers: true, bigNumberStrings: true },
    run: async (pool) => (await pool.query("select :n as n, 9007199254740993 as big", { n: 1 }))[0],
  },
  {
    name: "options: the zone and dates as texts",
    options: { timezone: "+09:00", dateStrings: ["DATE"] },
    run: async (pool) =>
      (
        await pool.query<RowDataPacket[]>(
          "select cast('2024-02-29' as date) as d, timestamp('2024-02-29 01:02:03') as t, ? as b",
          [new Date(0)],
        )
      )[0],
  },
  {
    name: "options: no place in the queue",
    options: { queueLimit: 1 },
    async run(pool, { record }) {
      const connections = await Promise.all([
        pool.getConnection(),
        pool.getConnection(),
        pool.getConnection(),
      ]);
      const waiting = pool.getConnection();
      const refused = await pool.getConnection().catch((error: unknown) => error);
      record("refused", refused instanceof Error);
      for (const connection of connections) connection.release();
      (await waiting).release();
    },
  },
];
