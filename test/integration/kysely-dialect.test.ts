import * as mysql from "@rds-proxy/adapter-kysely/mysql";
import * as postgres from "@rds-proxy/adapter-kysely/postgres";
import { CompiledQuery, type DatabaseConnection, Kysely, MysqlDialect, PostgresDialect, sql } from "kysely";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import {
  createTable,
  type DB,
  type Hooks,
  kyselyEngines,
  openKysely,
  startProxy,
  streamOf,
} from "../support/kysely-engines.js";
import { stopDate } from "../support/settable-date.js";
import { onTestedEngines, testOn } from "../support/tested-engines.js";

const MINUTES = 60_000;

const one = async (db: Kysely<DB>) => (await sql<{ one: number }>`select 1 as one`.execute(db)).rows;

describe.each(onTestedEngines(kyselyEngines))("RdsProxyDialect on $engine", (engine) => {
  test("is Kysely's own dialect, and opens nothing before the first query", async () => {
    const proxy = await startProxy(engine);
    const dialect = engine.createDialect(connectTo(proxy));
    expect(dialect).toBeInstanceOf(engine.engine === "postgres" ? PostgresDialect : MysqlDialect);
    const db = openKysely(engine, proxy);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
    expect(await one(db)).toEqual([{ one: 1 }]);
    expect(await one(db)).toEqual([{ one: 1 }]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
  });

  test("runs transactions side by side, as many as there are connections", async () => {
    const proxy = await startProxy(engine);
    const db = openKysely(engine, proxy, { maxConnections: 4 });
    const table = await createTable(db);
    onTestFinished(() => db.schema.dropTable(table).execute());
    const transactions = Array.from({ length: 20 }, (_, id) =>
      db.transaction().execute(async (trx) => {
        await trx
          .insertInto(table)
          .values({ id, customer_name: `customer ${id}` })
          .execute();
        if (id % 2 === 1) throw new Error("rolled back");
      }),
    );
    await Promise.allSettled(transactions);
    expect(await db.selectFrom(table).select("id").orderBy("id").execute()).toEqual(
      [0, 2, 4, 6, 8, 10, 12, 14, 16, 18].map((id) => ({ id })),
    );
    expect(proxy.metrics().ClientConnectionsReceived).toBeLessThanOrEqual(4);
  });

  test("signs a token for each physical connection, also after the first has expired", async () => {
    const proxy = await startProxy(engine, { now: () => Date.now() });
    const date = stopDate();
    onTestFinished(date.restore);
    const db = openKysely(engine, proxy);
    await one(db);
    date.advance(20 * MINUTES);
    proxy.faults.killConnections("rst");
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    expect(await one(db)).toEqual([{ one: 1 }]);
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 2, DistinctTokens: 2, TokensRefused: {} });
  });

  test("retries an exhausted server, and finally rejects with that cause", async () => {
    const proxy = await startProxy(engine);
    proxy.faults.failConnects("exhausted", { times: 2 });
    expect(await one(openKysely(engine, proxy))).toEqual([{ one: 1 }]);
    proxy.faults.failConnects("exhausted", { times: Number.POSITIVE_INFINITY });
    const impatient = openKysely(engine, proxy, { acquireTimeoutMs: 500 });
    await expect(one(impatient)).rejects.toMatchObject({ code: "RDS_PROXY_EXHAUSTED" });
  });

  test("names an open transaction as the cause if it holds the last connection", async () => {
    const proxy = await startProxy(engine);
    const db = openKysely(engine, proxy, { acquireTimeoutMs: 1500 });
    const trx = await db.startTransaction().execute();
    await expect(one(db)).rejects.toMatchObject({ code: "RDS_PROXY_NO_FREE_CONNECTION" });
    await trx.rollback().execute();
    expect(await one(db)).toEqual([{ one: 1 }]);
  });

  test.each(["fin", "rst"] as const)(
    "fails a stream whose connection is closed by %s, and loses no place in the pool",
    async (manner) => {
      const proxy = await startProxy(engine);
      const db = openKysely(engine, proxy);
      const stream = streamOf(db, engine.manyRows);
      await stream.next();
      proxy.faults.killConnections(manner);
      await expect(
        (async () => {
          for await (const row of stream) expect(row).toBeDefined();
        })(),
      ).rejects.toThrow();
      expect(await one(db)).toEqual([{ one: 1 }]);
    },
  );

  test("sends what its user asks for and nothing else, from connect to release", async () => {
    const proxy = await startProxy(engine, { recordMessages: true });
    const db = openKysely(engine, proxy);
    await db.transaction().execute(one);
    await db.destroy();
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    const messages = proxy.messages();
    expect(messages.flatMap(({ text }) => text ?? [])).toEqual(["begin", "select 1 as one", "commit"]);
    expect(messages.at(-1)?.type).toBe(engine.engine === "postgres" ? "Terminate" : "COM_QUIT");
    expect(messages).toHaveLength(4);
  });

  test("one dialect serves a second Kysely after the first was destroyed, and both at a time", async () => {
    const proxy = await startProxy(engine);
    const dialect = engine.createDialect(connectTo(proxy));
    const first = new Kysely<DB>({ dialect });
    expect(await one(first)).toEqual([{ one: 1 }]);
    const second = new Kysely<DB>({ dialect });
    expect(await one(second)).toEqual([{ one: 1 }]);
    await first.destroy();
    expect(await one(second)).toEqual([{ one: 1 }]);
    await second.destroy();
    const third = new Kysely<DB>({ dialect });
    expect(await one(third)).toEqual([{ one: 1 }]);
    await third.destroy();
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
  });

  test("destroy() closes every connection, and later queries are refused", async () => {
    const proxy = await startProxy(engine);
    const db = openKysely(engine, proxy, { maxConnections: 3 });
    await Promise.all([one(db), one(db), one(db)]);
    await db.destroy();
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    await expect(one(db)).rejects.toThrow("destroyed");
  });
});

describe.each(onTestedEngines(kyselyEngines))("hooks of the dialect on $engine", (engine) => {
  const program = async (createDb: (hooks: Hooks) => Kysely<DB>) => {
    const calls: string[] = [];
    const note = (name: string) => async (connection: DatabaseConnection) => {
      calls.push(name);
      const { rows } = await connection.executeQuery<{ one: number }>(CompiledQuery.raw("select 1 as one"));
      expect(rows).toEqual([{ one: 1 }]);
    };
    const db = createDb({ onCreateConnection: note("create"), onReserveConnection: note("reserve") });
    await one(db);
    await db.transaction().execute(one);
    await db.connection().execute(one);
    await db.destroy();
    return calls;
  };

  test("are called when Kysely's own dialect calls them", async () => {
    const proxy = await startProxy(engine);
    const bare = await program((hooks) => new Kysely<DB>({ dialect: engine.createBareDialect(hooks) }));
    expect(bare).toEqual(["create", "reserve", "reserve", "reserve"]);
    const ours = await program((hooks) => openKysely(engine, proxy, hooks));
    expect(ours).toEqual(bare);
  });

  test.each(["onCreateConnection", "onReserveConnection"] as const)(
    "%s that fails loses no connection, and is called again before the connection is used",
    async (name) => {
      const proxy = await startProxy(engine);
      let isReady = false;
      let calls = 0;
      const db = openKysely(engine, proxy, {
        acquireTimeoutMs: 2000,
        async [name]() {
          calls++;
          if (!isReady) throw new Error("no set-up");
        },
      });
      await expect(one(db)).rejects.toThrow("no set-up");
      await expect(one(db)).rejects.toThrow("no set-up");
      isReady = true;
      expect(await one(db)).toEqual([{ one: 1 }]);
      expect(calls).toBe(3);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    },
  );
});

testOn(
  "postgres",
  "a dialect that is never used leaves no timer, and its options can be changed afterwards",
  async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const place = { host: "localhost", user: "app", region: "eu-west-1", maxConnections: 3 };
    for (const dialect of [
      new postgres.RdsProxyDialect({ ...place, idleTimeoutMillis: 1000 }),
      new mysql.RdsProxyDialect({ ...place, maxIdle: 1 }),
    ]) {
      const db = new Kysely<DB>({ dialect });
      await db.destroy();
    }
    expect(vi.getTimerCount()).toBe(0);
  },
);

const classes = [
  { engine: "postgres", Dialect: postgres.RdsProxyDialect, adapter: postgres.kyselyAdapter },
  { engine: "mysql", Dialect: mysql.RdsProxyDialect, adapter: mysql.kyselyAdapter },
] as const;

describe.each(onTestedEngines<(typeof classes)[number]>(classes))(
  "options that cannot work on $engine",
  ({ Dialect, adapter }) => {
    const place = { host: "localhost", user: "app", region: "eu-west-1" };
    const createDialect = (options: object): unknown =>
      Reflect.construct(Dialect, [{ ...place, ...options }]);
    const createAdapter = (options: object): unknown => Reflect.apply(adapter, undefined, [options]);

    test.each([
      ["controlClient", /cannot cancel its statements/],
      ["controlConnection", /cannot cancel its statements/],
      ["pool", /from the other options/],
    ])("%s is refused with the remedy", (name, remedy) => {
      for (const create of [createDialect, createAdapter]) {
        expect(() => create({ [name]: () => undefined })).toThrow(
          expect.objectContaining({
            code: "RDS_PROXY_INVALID_OPTION",
            message: expect.stringMatching(remedy),
          }),
        );
      }
    });

    test("those of Kysely itself belong to Kysely, or to the adapter", () => {
      expect(() => createDialect({ plugins: [] })).toThrow(/^plugins: .*new Kysely/);
      expect(() => createDialect({ log: ["query"] })).toThrow(/^log: .*new Kysely/);
      expect(() => createAdapter({ plugins: {} })).toThrow(/^plugins: expected an array of plugins/);
      expect(() => createAdapter({ log: "query" })).toThrow(/^log: expected a function, or an array/);
      expect(createAdapter({ plugins: [], log: ["query"] })).toBeDefined();
    });

    test("those of the endpoint and the driver are checked before anything connects", () => {
      expect(() => createDialect({ port: "1" })).toThrow(/^port: /);
      expect(() => createDialect({ password: "secret" })).toThrow(/A token is signed/);
      expect(() => createDialect({ hots: "localhost" })).toThrow(/^hots: not a known option/);
      expect(() => Reflect.construct(Dialect, ["localhost"])).toThrow(/^options: expected an object/);
      expect(() => Reflect.apply(adapter, undefined, [null])).toThrow(/^options: expected an object/);
    });
  },
);

testOn(
  "postgres",
  "pg-cursor is passed as the class that it exports, and missed where something is streamed",
  async () => {
    expect(() => Reflect.construct(postgres.RdsProxyDialect, [{ cursor: "pg-cursor" }])).toThrow(
      /^cursor: expected a function/,
    );
    const [engine] = kyselyEngines;
    if (!engine) throw new Error("no engine");
    const proxy = await startProxy(engine);
    const db = new Kysely<DB>({ dialect: new postgres.RdsProxyDialect(connectTo(proxy)) });
    onTestFinished(() => db.destroy());
    await expect(streamOf(db, "select 1").next()).rejects.toThrow(/cursor/);
    expect(await one(db)).toEqual([{ one: 1 }]);
  },
);
