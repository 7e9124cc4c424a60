import { Readable } from "node:stream";
import type { Pool, PoolConnection } from "mysql2/promise";
import type { Program, Tools } from "../compare.js";
import type { MysqlPoolProgramOptions } from "../sides/mysql2.js";

/** Has a hook send a statement. What it gets is mysql2's own connection, whose methods take callbacks. */
function sendByHook(connection: object, { record }: Tools): void {
  const done = (error: unknown, rows: unknown): void => record("hook", error ?? rows);
  Reflect.apply(Reflect.get(connection, "query"), connection, ["select 'hook' as hook", done]);
}

/** Waits until what hooks have queued is answered. */
async function untilQuiet(pool: Pool): Promise<void> {
  const connection = await pool.getConnection();
  await connection.query("select 'quiet'");
  connection.release();
}

async function withConnection(
  pool: Pool,
  work: (connection: PoolConnection) => Promise<unknown>,
): Promise<void> {
  await work(await pool.getConnection());
}

/** Hooks, waiting, what is released in what state, and the end of a pool. */
export const mysql2PoolLifePrograms: readonly Program<Pool, MysqlPoolProgramOptions>[] = [
  {
    name: "a hook on 'connection' runs its statement before the first one",
    async run(pool, tools) {
      pool.on("connection", (connection) => sendByHook(connection, tools));
      for (const n of [1, 2]) tools.record("query", (await pool.query(`select ${n} as n`))[0]);
    },
  },
  {
    name: "a hook on 'connection' switches autocommit off",
    async run(pool, { record }) {
      pool.on("connection", (connection) => void connection.query("set autocommit = 0"));
      for (const _ of [1, 2])
        record("autocommit", (await pool.query("select @@autocommit as autocommit"))[0]);
    },
  },
  {
    name: "a hook on 'acquire' runs its statement before each one",
    async run(pool, tools) {
      pool.on("acquire", (connection) => sendByHook(connection, tools));
      for (const n of [1, 2, 3]) tools.record("query", (await pool.query(`select ${n} as n`))[0]);
    },
  },
  {
    name: "a hook on 'release' runs its statement after each one",
    async run(pool, tools) {
      pool.on("release", (connection) => sendByHook(connection, tools));
      for (const n of [1, 2, 3]) tools.record("query", (await pool.query(`select ${n} as n`))[0]);
      await untilQuiet(pool);
    },
  },
  {
    name: "events come in their order",
    async run(pool, { attempt, record }) {
      pool.on("connection", () => record("event", "connection"));
      pool.on("acquire", () => record("event", "acquire"));
      pool.on("release", () => record("event", "release"));
      pool.on("enqueue", () => record("event", "enqueue"));
      await pool.query("select 1");
      await attempt("query", () => pool.query("select 2"));
      const connections = [
        await pool.getConnection(),
        await pool.getConnection(),
        await pool.getConnection(),
      ];
      const waiting = pool.getConnection();
      record("waiting", "");
      for (const connection of connections) connection.release();
      (await waiting).release();
    },
    messages: "in any order",
  },
  {
    name: "statements that fail",
    async run(pool, { attempt }) {
      await attempt("first", () => pool.query("slect"));
      await attempt("second", () => pool.execute("slect"));
      await attempt("third", () => pool.query("select 1 as one"));
    },
    // After an error a rollback precedes the next use.
    messages: "not at all",
  },
  {
    name: "a statement in flight at the release is answered, and the next one comes after it",
    async run(pool, { record }) {
      await pool.query("create table kept (n int)");
      await withConnection(pool, async (connection) => {
        await connection.beginTransaction();
        await connection.query("insert into kept values (1)");
        const committed = connection.commit();
        connection.release();
        record("next", (await pool.query("select count(*) as n from kept"))[0]);
        record("commit", await committed);
      });
    },
  },
  {
    name: "a stream that goes on after the release",
    run: (pool, { record }) =>
      withConnection(pool, async (connection) => {
        const own = connection.connection;
        const query: unknown = Reflect.apply(Reflect.get(own, "query"), own, [
          "select 1 as n union select 2",
        ]);
        const rows: unknown = Reflect.apply(Reflect.get(Object(query), "stream"), query, []);
        if (!(rows instanceof Readable)) throw new Error("no stream");
        connection.release();
        const next = pool.query("select 3 as n");
        for await (const row of rows) record("row", row);
        record("next", (await next)[0]);
      }),
  },
  {
    name: "transactions: committed, failed and rolled back",
    async run(pool, { attempt, record }) {
      await pool.query("create table items (id int primary key)");
      await withConnection(pool, async (connection) => {
        await connection.beginTransaction();
        await connection.query("insert into items values (1)");
        await connection.commit();
        await connection.beginTransaction();
        await connection.query("insert into items values (2)");
        await attempt("twice", () => connection.query("insert into items values (1)"));
        await connection.rollback();
        connection.release();
        record("kept", (await pool.query("select * from items"))[0]);
      });
    },
  },
  {
    name: "a second release, releaseConnection and destroy",
    run: (pool, { attempt, record }) =>
      withConnection(pool, async (connection) => {
        await attempt("release", () => connection.release());
        await attempt("again", () => connection.release());
        const second = await pool.getConnection();
        await attempt("releaseConnection", () => pool.releaseConnection(second));
        (await pool.getConnection()).destroy();
        record("next", (await pool.query("select 1 as one"))[0]);
      }),
  },
  {
    name: "the pool ends while a connection is out",
    run: (pool, { attempt }) =>
      withConnection(pool, async (connection) => {
        const asked = connection.query("select 1 as one");
        await attempt("end", () => pool.end());
        await attempt("query", async () => (await asked)[0]);
        // The program's own end would fail on the bare side.
        Reflect.set(pool, "end", async () => undefined);
      }),
  },
  {
    name: "a full queue",
    options: { queueLimit: 1 },
    async run(pool, { attempt, record }) {
      const connections = [
        await pool.getConnection(),
        await pool.getConnection(),
        await pool.getConnection(),
      ];
      const waiting = pool.query("select 1 as one");
      await attempt("beyond the limit", () => pool.query("select 2"));
      for (const connection of connections) connection.release();
      record("waited", (await waiting)[0]);
    },
    messages: "in any order",
    differs: {
      reason: "an RdsProxyError that names the limit, with the driver's error as its cause",
      docs: "docs/driver-suites.md#mysql2",
    },
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
      docs: "docs/driver-suites.md#mysql2",
    },
  },
  {
    name: "a transaction that was left open",
    async run(pool, { record }) {
      await pool.query("create table left_open (n int)");
      await withConnection(pool, async (connection) => {
        await connection.beginTransaction();
        await connection.query("insert into left_open values (1)");
        connection.release();
        record("seen", (await pool.query("select * from left_open"))[0]);
      });
    },
    differs: {
      reason: "it is rolled back before the connection is handed out again",
      docs: "docs/driver-suites.md#mysql2",
    },
  },
];
