import middy from "@middy/core";
import * as mysqlAdapter from "@rds-proxy/adapter-drizzle/mysql";
import * as postgresAdapter from "@rds-proxy/adapter-drizzle/postgres";
import { findRdsProxyError, onRdsProxyEvent } from "@rds-proxy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import { eq, relations, sql } from "drizzle-orm";
import * as my from "drizzle-orm/mysql-core";
import { migrate as migrateMysql } from "drizzle-orm/mysql2/migrator";
import { migrate as migratePg } from "drizzle-orm/node-postgres/migrator";
import * as pg from "drizzle-orm/pg-core";
import type { RowDataPacket } from "mysql2";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { withMigrations } from "../support/drizzle-migrations.js";
import { describeOn } from "../support/tested-engines.js";

async function start(engine: "postgres" | "mysql"): Promise<LocalProxy> {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** The kinds of statements that pinned. */
function pinsHeard(): string[] {
  const kinds: string[] = [];
  onTestFinished(onRdsProxyEvent("pin", ({ kind }) => kinds.push(kind)));
  return kinds;
}

describeOn("postgres", "Drizzle on PostgreSQL", () => {
  const customers = pg.pgTable("drizzle_customers", {
    id: pg.integer().primaryKey().generatedAlwaysAsIdentity(),
    fullName: pg.text().notNull(),
  });
  const orders = pg.pgTable("drizzle_orders", {
    id: pg.integer().primaryKey().generatedAlwaysAsIdentity(),
    customerId: pg.integer().notNull(),
    placedAt: pg.timestamp({ withTimezone: true, mode: "date" }).notNull(),
  });
  const schema = {
    customers,
    orders,
    customersRelations: relations(customers, ({ many }) => ({ orders: many(orders) })),
    ordersRelations: relations(orders, ({ one }) => ({
      customer: one(customers, { fields: [orders.customerId], references: [customers.id] }),
    })),
  };
  type Db = postgresAdapter.DrizzleDatabase<typeof schema>;
  const PLACED_AT = new Date("2026-03-01T12:00:00.250Z");

  let proxy: LocalProxy;
  beforeEach(async () => {
    proxy = await start("postgres");
    await invoke(async (db) => {
      await db.execute(sql`drop table if exists drizzle_orders, drizzle_customers`);
      await db.execute(
        sql`create table drizzle_customers (id int generated always as identity primary key, full_name text not null)`,
      );
      await db.execute(
        sql`create table drizzle_orders (id int generated always as identity primary key, customer_id int not null, placed_at timestamptz not null)`,
      );
    });
  });

  function createInvoke() {
    const middleware = rdsProxy({
      ...connectTo(proxy),
      adapter: postgresAdapter.drizzleAdapter({ schema, casing: "snake_case" }),
    });
    onTestFinished(() => middleware.close());
    return async <Result>(work: (db: Db) => Promise<Result>, remainingMs = 10_000): Promise<Result> => {
      const handler = middy<object, Result>()
        .use(middleware)
        .handler(async (_event, { db }) => work(db));
      return await handler({}, lambdaContext(remainingMs));
    };
  }
  const invoke = <Result>(work: (db: Db) => Promise<Result>): Promise<Result> => createInvoke()(work);

  test("relational queries, transactions and statements with values pin nothing", async () => {
    const pins = pinsHeard();
    const found = await invoke(async (db) => {
      await db.transaction(
        async (tx) => {
          const [ann] = await tx.insert(customers).values({ fullName: "Ann" }).returning();
          await tx.transaction(async (nested) => {
            await nested.insert(orders).values({ customerId: ann?.id ?? 0, placedAt: PLACED_AT });
          });
        },
        { isolationLevel: "serializable" },
      );
      return await db.query.customers.findMany({ with: { orders: true } });
    });
    expect(found).toEqual([
      { id: 1, fullName: "Ann", orders: [{ id: 1, customerId: 1, placedAt: PLACED_AT }] },
    ]);
    expect(pins).toEqual([]);
  });

  test("a query of `db` beside a transaction waits for its end, and is not rolled back with it", async () => {
    const names = await invoke(async (db) => {
      const failed = db.transaction(async (tx) => {
        await tx.insert(customers).values({ fullName: "rolled back" });
        await tx.execute(sql`select pg_sleep(0.05)`);
        tx.rollback();
      });
      const beside = db.insert(customers).values({ fullName: "kept" });
      await Promise.all([expect(failed).rejects.toThrow("Rollback"), beside]);
      return await db.select({ name: customers.fullName }).from(customers);
    });
    expect(names).toEqual([{ name: "kept" }]);
  });

  test("transactions in parallel run one after the other", async () => {
    const count = await invoke(async (db) => {
      const outcomes = await Promise.allSettled(
        [1, 2, 3, 4].map((n) =>
          db.transaction(async (tx) => {
            await tx.insert(customers).values({ fullName: `${n}` });
            if (n % 2 === 0) throw new Error("failed");
          }),
        ),
      );
      expect(outcomes.map(({ status }) => status)).toEqual([
        "fulfilled",
        "rejected",
        "fulfilled",
        "rejected",
      ]);
      return await db.$count(customers);
    });
    expect(count).toBe(2);
  });

  test("a query of `db` inside of a transaction fails shortly before the invocation's end, with the remedy", async () => {
    const error = await createInvoke()(async (db) => {
      return await db
        .transaction(() => db.select().from(customers))
        .catch((thrown: unknown) => findRdsProxyError(thrown));
    }, 1500);
    expect(error).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringContaining(
        "Inside of `db.transaction(async (tx) => ...)` query `tx`, not `db`, and read an iterator to its end before you use `db` again.",
      ),
    });
  });

  test("a query that waits for its turn fails when the invocation ends", async () => {
    const { outcome } = await invoke(async (db) => {
      const isBegun = Promise.withResolvers<void>();
      void db.transaction(async () => {
        isBegun.resolve();
        await new Promise(() => undefined);
      });
      await isBegun.promise;
      const all = db.select().from(customers);
      return { outcome: all.catch((thrown: unknown) => findRdsProxyError(thrown)) };
    });
    expect(await outcome).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
  });

  test("a prepared query pins by its name, and without a name does not", async () => {
    const pins = pinsHeard();
    const query = (db: Db, name: string) =>
      db
        .select()
        .from(customers)
        .where(eq(customers.id, sql.placeholder("id")))
        .prepare(name);
    await invoke(async (db) => {
      const prepared = query(db, "");
      expect([await prepared.execute({ id: 1 }), await prepared.execute({ id: 2 })]).toEqual([[], []]);
    });
    expect(pins).toEqual([]);
    await invoke(async (db) => query(db, "by_id").execute({ id: 1 }));
    expect(pins).toHaveLength(1);
  });

  test("a transaction whose `begin` fails does not keep the connection", async () => {
    await invoke(async (db) => {
      // A level that PostgreSQL does not have, as JavaScript may pass it.
      const wrong: object = { isolationLevel: "chaotic" };
      await expect(db.transaction(async () => 1, wrong)).rejects.toThrow("Failed query: begin");
      expect(await db.$count(customers)).toBe(0);
    });
  });

  test("`tx` fails after its transaction, so that nothing of a rolled back one is committed", async () => {
    const error = await invoke(async (db) => {
      const isRolledBack = Promise.withResolvers<void>();
      let late: Promise<unknown> = Promise.resolve();
      const failed = db.transaction(async (tx) => {
        late = isRolledBack.promise.then(() => tx.insert(customers).values({ fullName: "late" }));
        throw new Error("failed");
      });
      await expect(failed).rejects.toThrow("failed");
      isRolledBack.resolve();
      const rejected = await late.catch((thrown: unknown) => findRdsProxyError(thrown));
      expect(await db.$count(customers)).toBe(0);
      return rejected;
    });
    expect(error).toMatchObject({
      code: "RDS_PROXY_LEASE_ENDED",
      message: expect.stringContaining("`tx` was used after its transaction had ended"),
    });
  });

  test("a transaction that its handler leaves open ends with the invocation", async () => {
    const invokeAgain = createInvoke();
    const late = await invokeAgain(async (db) => {
      const isEnded = Promise.withResolvers<void>();
      const isBegun = Promise.withResolvers<void>();
      const outcome = db.transaction(async (tx) => {
        await tx.insert(customers).values({ fullName: "left open" });
        isBegun.resolve();
        await isEnded.promise;
        return tx.insert(customers).values({ fullName: "late" });
      });
      const settled = outcome.catch((thrown: unknown) => findRdsProxyError(thrown));
      await isBegun.promise;
      return { end: () => isEnded.resolve(), settled };
    });
    expect(await invokeAgain((db) => db.$count(customers))).toBe(0);
    late.end();
    expect(await late.settled).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    expect(await invokeAgain((db) => db.$count(customers))).toBe(0);
  });

  test("a database and a prepared query that are kept fail after their invocation", async () => {
    const invokeAgain = createInvoke();
    const kept = await invokeAgain(async (db) => ({ db, all: db.select().from(customers).prepare("") }));
    await invokeAgain(async () => {
      for (const late of [
        kept.all.execute(),
        kept.db.select().from(customers),
        kept.db.query.orders.findMany(),
      ]) {
        expect(findRdsProxyError(await late.catch((thrown: unknown) => thrown))).toMatchObject({
          code: "RDS_PROXY_LEASE_ENDED",
        });
      }
      await expect(kept.db.transaction(async () => 1)).rejects.toMatchObject({
        code: "RDS_PROXY_LEASE_ENDED",
      });
    });
  });

  test("migrate() pins nothing", async () => {
    const pins = pinsHeard();
    await withMigrations(["alter table drizzle_customers add column age int"], (migrationsFolder) =>
      invoke((db) =>
        migratePg(db, { migrationsFolder, migrationsSchema: "public", migrationsTable: "drizzle_done" }),
      ),
    );
    expect(await invoke((db) => db.execute(sql`table drizzle_done`))).toMatchObject({ rowCount: 1 });
    await invoke((db) => db.execute(sql`drop table drizzle_done`));
    expect(pins).toEqual([]);
  });

  test("`$client` is the invocation's connection, and ends with it", async () => {
    const invokeAgain = createInvoke();
    const client = await invokeAgain(async (db) => {
      expect((await db.$client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
      return db.$client;
    });
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
  });
});

describeOn("mysql", "Drizzle on MySQL or MariaDB", () => {
  const customers = my.mysqlTable("drizzle_customers", {
    id: my.int().primaryKey().autoincrement(),
    fullName: my.varchar({ length: 100 }).notNull(),
  });
  const orders = my.mysqlTable("drizzle_orders", {
    id: my.int().primaryKey().autoincrement(),
    customerId: my.int().notNull(),
    placedAt: my.datetime({ fsp: 3, mode: "date" }).notNull(),
  });
  const schema = {
    customers,
    orders,
    customersRelations: relations(customers, ({ many }) => ({ orders: many(orders) })),
    ordersRelations: relations(orders, ({ one }) => ({
      customer: one(customers, { fields: [orders.customerId], references: [customers.id] }),
    })),
  };
  type Db = mysqlAdapter.DrizzleDatabase<typeof schema>;
  const PLACED_AT = new Date("2026-03-01T12:00:00.250Z");

  let proxy: LocalProxy;
  beforeEach(async () => {
    proxy = await start("mysql");
    await invoke(async (db) => {
      await db.execute(sql`drop table if exists drizzle_orders, drizzle_customers`);
      await db.execute(
        sql`create table drizzle_customers (id int auto_increment primary key, full_name varchar(100) not null)`,
      );
      await db.execute(
        sql`create table drizzle_orders (id int auto_increment primary key, customer_id int not null, placed_at datetime(3) not null)`,
      );
    });
  });

  function createInvoke() {
    const middleware = mysqlRdsProxy({
      ...connectTo(proxy),
      // MariaDB has no lateral joins.
      adapter: mysqlAdapter.drizzleAdapter({ schema, casing: "snake_case", mode: "planetscale" }),
    });
    onTestFinished(() => middleware.close());
    return async <Result>(work: (db: Db) => Promise<Result>, remainingMs = 10_000): Promise<Result> => {
      const handler = middy<object, Result>()
        .use(middleware)
        .handler(async (_event, { db }) => work(db));
      return await handler({}, lambdaContext(remainingMs));
    };
  }
  const invoke = <Result>(work: (db: Db) => Promise<Result>): Promise<Result> => createInvoke()(work);

  test("relational queries, prepared queries, transactions and statements with values pin nothing", async () => {
    const pins = pinsHeard();
    const [found, prepared] = await invoke(async (db) => {
      await db.transaction(async (tx) => {
        const [ann] = await tx.insert(customers).values({ fullName: "Ann" }).$returningId();
        await tx.transaction(async (nested) => {
          await nested.insert(orders).values({ customerId: ann?.id ?? 0, placedAt: PLACED_AT });
        });
      });
      const byId = db
        .select()
        .from(customers)
        .where(eq(customers.id, sql.placeholder("id")))
        .prepare();
      return [await db.query.customers.findMany({ with: { orders: true } }), await byId.execute({ id: 1 })];
    });
    expect(found).toEqual([
      { id: 1, fullName: "Ann", orders: [{ id: 1, customerId: 1, placedAt: PLACED_AT }] },
    ]);
    expect(prepared).toEqual([{ id: 1, fullName: "Ann" }]);
    expect(pins).toEqual([]);
  });

  test("an isolation level pins", async () => {
    const pins = pinsHeard();
    await invoke((db) =>
      db.transaction(async (tx) => tx.select().from(customers), { isolationLevel: "read committed" }),
    );
    expect(pins).toHaveLength(1);
  });

  test("a query of `db` beside a transaction waits for its end, and is not rolled back with it", async () => {
    const names = await invoke(async (db) => {
      const failed = db.transaction(async (tx) => {
        await tx.insert(customers).values({ fullName: "rolled back" });
        await tx.execute(sql`select sleep(0.05)`);
        tx.rollback();
      });
      const beside = db.insert(customers).values({ fullName: "kept" });
      await Promise.all([expect(failed).rejects.toThrow("Rollback"), beside]);
      return await db.select({ name: customers.fullName }).from(customers);
    });
    expect(names).toEqual([{ name: "kept" }]);
  });

  test("a query of `db` inside of a transaction fails shortly before the invocation's end, with the remedy", async () => {
    const error = await createInvoke()(async (db) => {
      return await db
        .transaction(() => db.select().from(customers))
        .catch((thrown: unknown) => findRdsProxyError(thrown));
    }, 1500);
    expect(error).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringContaining(
        "Inside of `db.transaction(async (tx) => ...)` query `tx`, not `db`, and read an iterator to its end before you use `db` again.",
      ),
    });
  });

  test("a query that waits for its turn fails when the invocation ends", async () => {
    const { outcome } = await invoke(async (db) => {
      const isBegun = Promise.withResolvers<void>();
      void db.transaction(async () => {
        isBegun.resolve();
        await new Promise(() => undefined);
      });
      await isBegun.promise;
      const all = db.select().from(customers);
      return { outcome: all.catch((thrown: unknown) => findRdsProxyError(thrown)) };
    });
    expect(await outcome).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
  });

  test.each([
    ["to its end", Number.POSITIVE_INFINITY],
    ["in part", 2],
  ])("an iterator that is read %s gives the connection back", async (_, most) => {
    await invoke(async (db) => {
      const names = Array.from({ length: 500 }, (_each, index) => ({
        fullName: `${index}`.padStart(90, "-"),
      }));
      await db.insert(customers).values(names);
      const read: string[] = [];
      for await (const { fullName } of await db.select().from(customers).iterator()) {
        read.push(fullName);
        if (read.length >= most) break;
      }
      expect(read).toHaveLength(Math.min(most, 500));
      expect(await db.$count(customers)).toBe(500);
    });
  });

  test("a transaction whose isolation level or `begin` fails does not keep the connection", async () => {
    await invoke(async (db) => {
      const wrong = { isolationLevel: "chaotic" };
      const wrongMode = { isolationLevel: "read committed", accessMode: "sometimes" };
      for (const config of [wrong, wrongMode]) {
        await expect(Reflect.apply(db.transaction, db, [async () => 1, config])).rejects.toThrow(
          "Failed query",
        );
      }
      expect(await db.$count(customers)).toBe(0);
    });
  });

  test("`tx` fails after its transaction, and so does its iterator", async () => {
    await invoke(async (db) => {
      const tx = await db.transaction(async (transaction) => transaction);
      const rows = await tx.select().from(customers).iterator();
      for (const late of [tx.insert(customers).values({ fullName: "late" }), rows.next()]) {
        expect(findRdsProxyError(await late.catch((thrown: unknown) => thrown))).toMatchObject({
          code: "RDS_PROXY_LEASE_ENDED",
        });
      }
      expect(await db.$count(customers)).toBe(0);
    });
  });

  test("migrate() pins by the statement that it prepares", async () => {
    const pins = pinsHeard();
    await withMigrations(["alter table drizzle_customers add column age int"], (migrationsFolder) =>
      invoke((db) => migrateMysql(db, { migrationsFolder, migrationsTable: "drizzle_done" })),
    );
    expect(pins).toHaveLength(1);
    const [rows] = await invoke((db) => db.execute(sql`select hash from drizzle_done`));
    await invoke((db) => db.execute(sql`drop table drizzle_done`));
    expect(rows).toHaveLength(1);
  });

  test("`$client` is the invocation's connection, and ends with it", async () => {
    const client = await invoke(async (db) => {
      const [rows] = await db.$client.query<RowDataPacket[]>("select 1 as one");
      expect(rows).toEqual([{ one: 1 }]);
      return db.$client;
    });
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
  });
});

describe("wrong options of Drizzle", () => {
  const adapters = { postgres: postgresAdapter.drizzleAdapter, mysql: mysqlAdapter.drizzleAdapter };

  test.each([
    [{ schema: "schema.ts" }, "schema: expected an object with tables and relations"],
    [{ casing: "kebab" }, 'casing: expected "snake_case" or "camelCase", received "kebab"'],
    [{ logger: () => undefined }, "logger: expected true, false or an object with logQuery()"],
    [{ cache: new Map() }, "cache: expected an object of a class that extends Drizzle's `Cache`"],
    [{ relations: {} }, "relations: not an option here. The installed drizzle-orm 0.45"],
    [{ jit: true }, "jit: not an option here"],
    [{ client: {} }, "client: not an option here"],
    [{ connection: "postgres://app@db" }, "connection: not an option here"],
  ])("%o are refused before any connection", (options, message) => {
    for (const adapter of Object.values(adapters)) {
      expect(() => Reflect.apply(adapter, undefined, [options])).toThrow(message);
    }
  });
});
