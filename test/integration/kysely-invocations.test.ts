import middy from "@middy/core";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import type { LocalProxy } from "@rds-proxy/local-proxy";
import {
  CamelCasePlugin,
  CompiledQuery,
  type ControlledTransaction,
  type Kysely,
  type KyselyConfig,
  sql,
} from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import {
  createTable,
  type DB,
  type Hooks,
  kyselyEngines,
  startProxy,
  streamOf,
} from "../support/kysely-engines.js";
import { onTestedEngines } from "../support/tested-engines.js";

describe.each(onTestedEngines(kyselyEngines))("the Kysely of an invocation on $engine", (engine) => {
  type Work<Result> = (db: Kysely<DB>) => Promise<Result>;

  async function start(
    options: RdsProxyOptions = {},
    kysely: Pick<KyselyConfig, "plugins" | "log"> & Hooks = {},
  ): Promise<{ proxy: LocalProxy; invoke<Result>(work: Work<Result>): Promise<Result> }> {
    const proxy = await startProxy(engine, { recordMessages: true });
    const middleware = engine.createMiddleware({ ...connectTo(proxy), ...options }, kysely);
    onTestFinished(() => middleware.close());
    return {
      proxy,
      invoke: async (work) =>
        middy()
          .use(middleware)
          .handler(async (_event: unknown, { db }) => work(db))({}, lambdaContext()),
    };
  }

  /** The same with a table, and a look into it. */
  async function startWithTable(options: RdsProxyOptions = {}, kysely = {}) {
    const started = await start(options, kysely);
    const table = await started.invoke(createTable);
    onTestFinished(() => started.invoke((db) => db.schema.dropTable(table).execute()));
    const customers = () =>
      started.invoke(async (db) => {
        const rows = await db.selectFrom(table).select("customer_name").orderBy("id").execute();
        return rows.map(({ customer_name }) => customer_name);
      });
    return { ...started, table, customers };
  }

  const one = async (db: Kysely<DB>) => (await sql<{ one: number }>`select 1 as one`.execute(db)).rows;

  test("commits a transaction, and rolls back one whose callback throws", async () => {
    const { invoke, table, customers } = await startWithTable();
    await invoke(async (db) => {
      await db.transaction().execute(async (trx) => {
        await trx.insertInto(table).values({ id: 1, customer_name: "Ada" }).execute();
      });
      const failing = db.transaction().execute(async (trx) => {
        await trx.insertInto(table).values({ id: 2, customer_name: "Bob" }).execute();
        throw new Error("the callback's own");
      });
      await expect(failing).rejects.toThrow("the callback's own");
    });
    expect(await customers()).toEqual(["Ada"]);
  });

  test("calls onCreateConnection once for each connection, and onReserveConnection for each use", async () => {
    const calls: string[] = [];
    let isReady = false;
    const { proxy, invoke } = await start(
      {},
      {
        async onCreateConnection(connection) {
          if (!isReady) throw new Error("no set-up");
          calls.push("create");
          await connection.executeQuery(CompiledQuery.raw("select 1"));
        },
        async onReserveConnection() {
          calls.push("reserve");
        },
      },
    );
    await expect(invoke(one)).rejects.toThrow("no set-up");
    isReady = true;
    expect(await invoke(one)).toEqual([{ one: 1 }]);
    await invoke((db) => Promise.all([one(db), db.transaction().execute(one)]));
    expect(calls).toEqual(["create", "reserve", "reserve", "reserve"]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("rolls a controlled transaction back to a savepoint", async () => {
    const { invoke, table, customers } = await startWithTable();
    await invoke(async (db) => {
      const trx = await db.startTransaction().execute();
      await trx.insertInto(table).values({ id: 1, customer_name: "Ada" }).execute();
      const saved = await trx.savepoint("after_ada").execute();
      await saved.insertInto(table).values({ id: 2, customer_name: "Bob" }).execute();
      await saved.rollbackToSavepoint("after_ada").execute();
      await saved.releaseSavepoint("after_ada").execute();
      await trx.commit().execute();
    });
    expect(await customers()).toEqual(["Ada"]);
  });

  test("rolls back a transaction that was left open, keeps the connection, and affects no other invocation", async () => {
    const { proxy, invoke, table, customers } = await startWithTable();
    const kept = await invoke(async (db): Promise<ControlledTransaction<DB>> => {
      const trx = await db.startTransaction().execute();
      await trx.insertInto(table).values({ id: 1, customer_name: "Ada" }).execute();
      return trx;
    });
    expect(await customers()).toEqual([]);
    await expect(kept.commit().execute()).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    await expect(one(kept)).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    expect(await invoke(one)).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("isolates the transactions of concurrent invocations from each other", async () => {
    const { invoke, table, customers } = await startWithTable({ maxConnections: 2 });
    const isOpen = Promise.withResolvers<void>();
    const hasLooked = Promise.withResolvers<void>();
    const writing = invoke((db) =>
      db.transaction().execute(async (trx) => {
        await trx.insertInto(table).values({ id: 1, customer_name: "Ada" }).execute();
        isOpen.resolve();
        await hasLooked.promise;
      }),
    );
    await isOpen.promise;
    expect(await customers()).toEqual([]);
    hasLooked.resolve();
    await writing;
    expect(await customers()).toEqual(["Ada"]);
  });

  test("streams to the end, or until the reader stops, and keeps the connection", async () => {
    const { proxy, invoke, table } = await startWithTable();
    await invoke(async (db) => {
      const orders = ["Ada", "Bob", "Cem"].map((customer_name, id) => ({ id, customer_name }));
      await db.insertInto(table).values(orders).execute();
      const streamed: string[] = [];
      const stream = db.selectFrom(table).selectAll().orderBy("id").stream(2);
      for await (const { customer_name } of stream) streamed.push(customer_name);
      expect(streamed).toEqual(["Ada", "Bob", "Cem"]);
      for await (const row of streamOf(db, engine.someRows)) {
        expect(row).toBeDefined();
        break;
      }
      expect(await one(db)).toEqual([{ one: 1 }]);
    });
    expect(await invoke(one)).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("closes a connection whose stream was abandoned, and fails the reader", async () => {
    const { proxy, invoke } = await start();
    const abandoned = await invoke(async (db) => {
      const stream = streamOf(db, engine.manyRows);
      await stream.next();
      return stream;
    });
    expect(await invoke(one)).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    await expect(readAll(abandoned)).rejects.toThrow();
  });

  test.each(["fin", "rst"] as const)("fails a stream whose connection is closed by %s", async (manner) => {
    const { proxy, invoke } = await start();
    const failed = invoke(async (db) => {
      const stream = streamOf(db, engine.manyRows);
      await stream.next();
      proxy.faults.killConnections(manner);
      await readAll(stream);
    });
    await expect(failed).rejects.toThrow();
    expect(await invoke(one)).toEqual([{ one: 1 }]);
  });

  test("fails a stream of a statement that is wrong, and keeps the connection", async () => {
    const { proxy, invoke } = await start();
    await invoke(async (db) => {
      await expect(readAll(streamOf(db, "select * from no_such_table"))).rejects.toThrow(/no_such_table/);
      expect(await one(db)).toEqual([{ one: 1 }]);
    });
    expect(await invoke(one)).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("gives one session to connection(), and runs no other query on it meanwhile", async () => {
    const { invoke } = await start();
    const sessionOf = async (db: Kysely<DB>) => (await sql.raw(engine.sessionId).execute(db)).rows[0];
    const order: string[] = [];
    await invoke(async (db) => {
      let outside: Promise<unknown> = Promise.resolve();
      await db.connection().execute(async (connection) => {
        outside = one(db).then(() => order.push("outside"));
        const first = await sessionOf(connection);
        expect(await sessionOf(connection)).toEqual(first);
        expect(await connection.transaction().execute(sessionOf)).toEqual(first);
        order.push("inside");
      });
      await outside;
    });
    expect(order).toEqual(["inside", "outside"]);
  });

  test("keeps a query out of the transaction that runs beside it", async () => {
    const { invoke, table, customers } = await startWithTable();
    await invoke(async (db) => {
      let outside: Promise<unknown> = Promise.resolve();
      const failing = db.transaction().execute(async (trx) => {
        await trx.insertInto(table).values({ id: 1, customer_name: "inside" }).execute();
        outside = db.insertInto(table).values({ id: 2, customer_name: "outside" }).execute();
        await one(trx);
        throw new Error("rolled back");
      });
      await expect(failing).rejects.toThrow("rolled back");
      await outside;
    });
    expect(await customers()).toEqual(["outside"]);
  });

  test("rejects a query of `db` inside of a transaction where `trx` was meant, and stays usable", async () => {
    const { proxy, invoke, table, customers } = await startWithTable({ acquireTimeoutMs: 1500 });
    const deadlocked = invoke((db) =>
      db.transaction().execute(async (trx) => {
        await trx.insertInto(table).values({ id: 1, customer_name: "Ada" }).execute();
        await db.insertInto(table).values({ id: 2, customer_name: "Bob" }).execute();
      }),
    );
    await expect(deadlocked).rejects.toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(
        /in use after \d+ ms\. Inside of .* and `db\.connection\(\)\..* query `trx` and `connection`, not `db`; .* before you use `db` again\.$/,
      ),
    });
    expect(await customers()).toEqual([]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("rejects queries that still wait for their turn when the invocation ends", async () => {
    const { invoke } = await start();
    let waiting: Promise<unknown> = Promise.resolve();
    await invoke(async (db) => {
      await db.startTransaction().execute();
      waiting = one(db).catch((error: unknown) => error);
    });
    expect(await waiting).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    expect(await invoke(one)).toEqual([{ one: 1 }]);
  });

  test("runs many queries at once, of which only the failing one rejects", async () => {
    const { proxy, invoke } = await start({ maxConnections: 5 });
    const results = await invoke((db) =>
      Promise.allSettled([one(db), sql.raw("select * from no_such_table").execute(db), one(db)]),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("destroy() ends this invocation's use and no connection", async () => {
    const { proxy, invoke } = await start();
    await invoke(async (db) => {
      await one(db);
      await db.destroy();
      await expect(one(db)).rejects.toThrow("destroyed");
    });
    await invoke(async (db) => {
      await db.destroy();
      await expect(one(db)).rejects.toThrow("destroyed");
    });
    expect(await invoke(one)).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("has the plugins and the log that the adapter was given", async () => {
    const logged: string[] = [];
    const { invoke, table } = await startWithTable(
      {},
      {
        plugins: [new CamelCasePlugin()],
        log: ({ query }: { query: { sql: string } }) => logged.push(query.sql),
      },
    );
    await invoke(async (db) => {
      await db.insertInto(table).values({ id: 1, customer_name: "Ada" }).execute();
      const rows: unknown = await db.selectFrom(table).selectAll().execute();
      expect(rows).toEqual([{ id: 1, customerName: "Ada" }]);
    });
    expect(logged.at(-1)).toMatch(/^select \* from/);
    await invoke((db) => db.transaction().execute(one));
    expect(logged.slice(-3)).toEqual(["begin", "select 1 as one", "commit"]);
  });

  test("introspects the tables", async () => {
    const { invoke, table } = await startWithTable();
    const tables = await invoke((db) => db.introspection.getTables());
    expect(tables.map(({ name }) => name)).toContain(table);
  });

  test("sends what its user asks for and nothing else, from connect to release", async () => {
    const { proxy, invoke, table } = await startWithTable();
    const before = proxy.messages().length;
    await invoke((db) =>
      db.transaction().execute(async (trx) => {
        await trx.insertInto(table).values({ id: 1, customer_name: "Ada" }).execute();
        await trx.selectFrom(table).selectAll().where("id", "=", 1).execute();
      }),
    );
    const messages = proxy.messages().slice(before);
    expect(messages.flatMap(({ text }) => text?.replaceAll(table, "orders") ?? [])).toEqual(
      engine.engine === "postgres"
        ? [
            "begin",
            'insert into "orders" ("id", "customer_name") values ($1, $2)',
            'select * from "orders" where "id" = $1',
            "commit",
          ]
        : [
            "begin",
            "insert into `orders` (`id`, `customer_name`) values (1, 'Ada')",
            "select * from `orders` where `id` = 1",
            "commit",
          ],
    );
    expect(messages.every(({ statementName }) => !statementName)).toBe(true);
    const types = new Set(messages.map(({ type }) => type));
    expect(types).toEqual(
      new Set(
        engine.engine === "postgres"
          ? ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"]
          : ["COM_QUERY"],
      ),
    );
  });

  test("cold, makes one connect, and sends nothing but the first query", async () => {
    const { proxy, invoke } = await start();
    await invoke(one);
    expect(proxy.messages().map(({ text }) => text)).toEqual(["select 1 as one"]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
  });
});

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const row of stream) expect(row).toBeDefined();
}
