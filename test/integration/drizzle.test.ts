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
import * as pg from "drizzle-orm/pg-core";
import type { RowDataPacket } from "mysql2";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
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
      message: expect.stringContaining("Inside of `db.transaction(async (tx) => ...)` query `tx`, not `db`"),
    });
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
      message: expect.stringContaining("Inside of `db.transaction(async (tx) => ...)` query `tx`, not `db`"),
    });
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
    [{ client: {} }, "client: not an option here"],
    [{ connection: "postgres://app@db" }, "connection: not an option here"],
  ])("%o are refused before any connection", (options, message) => {
    for (const adapter of Object.values(adapters)) {
      expect(() => Reflect.apply(adapter, undefined, [options])).toThrow(message);
    }
  });
});
