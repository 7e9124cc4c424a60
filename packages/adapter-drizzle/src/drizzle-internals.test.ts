import { relations } from "drizzle-orm";
import * as my from "drizzle-orm/mysql-core";
import { drizzle as mysqlDrizzle } from "drizzle-orm/mysql2";
import { drizzle } from "drizzle-orm/node-postgres";
import * as pg from "drizzle-orm/pg-core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { databaseFactory } from "./drizzle-internals.js";

const pgOrders = pg.pgTable("orders", { placedBy: pg.integer() });
const pgCustomers = pg.pgTable("customers", { id: pg.integer().primaryKey() });
const pgSchema = {
  orders: pgOrders,
  customers: pgCustomers,
  ordersRelations: relations(pgOrders, ({ one }) => ({
    customer: one(pgCustomers, { fields: [pgOrders.placedBy], references: [pgCustomers.id] }),
  })),
};
const myOrders = my.mysqlTable("orders", { placedBy: my.int() });
const myCustomers = my.mysqlTable("customers", { id: my.int().primaryKey() });
const mySchema = {
  orders: myOrders,
  customers: myCustomers,
  ordersRelations: relations(myOrders, ({ one }) => ({
    customer: one(myCustomers, { fields: [myOrders.placedBy], references: [myCustomers.id] }),
  })),
};

interface Made {
  readonly $cache: unknown;
  readonly query: { readonly orders: { findMany(config: object): PromiseLike<unknown> } };
}

/** What a database sends, logs and asks of its cache for a relational query. */
async function observe(answer: object, make: (client: object, config: object) => Made, config: object) {
  const calls: unknown[] = [];
  const note = (name: string, result?: unknown) => async (first: unknown, values?: unknown) => {
    const { text, sql }: { text?: unknown; sql?: unknown } = Object(first);
    calls.push([name, text ?? sql ?? first, values]);
    return result;
  };
  const cache = { strategy: () => "all", get: note("get"), put: note("put"), onMutate: note("onMutate") };
  const logger = { logQuery: note("log") };
  const db = make({ query: note("query", answer) }, { ...config, cache, logger });
  await db.query.orders.findMany({ with: { customer: true } });
  expect(db.$cache).toBe(cache);
  return { calls, constructor: db.constructor };
}

describe.each([
  {
    engine: "postgres",
    answer: { rows: [] },
    config: { schema: pgSchema, casing: "snake_case" },
    ours: (client: object, config: object) => databaseFactory<Made>(drizzle, config)(client),
    theirs: (client: object, config: object): Made => Reflect.apply(drizzle, undefined, [client, config]),
  },
  ...["default", "planetscale"].map((mode) => ({
    engine: `mysql with mode ${mode}`,
    answer: [[]],
    config: { schema: mySchema, casing: "snake_case", mode },
    ours: (client: object, config: object) => databaseFactory<Made>(mysqlDrizzle, config)(client),
    theirs: (client: object, config: object): Made =>
      Reflect.apply(mysqlDrizzle, undefined, [client, config]),
  })),
])("a database on $engine", ({ answer, config, ours, theirs }) => {
  it("does what Drizzle's own does, with its options", async () => {
    const own = await observe(answer, ours, config);
    expect(own).toEqual(await observe(answer, theirs, config));
    expect(own.calls).toContainEqual(["query", expect.stringContaining("placed_by"), expect.anything()]);
  });
});

it("the tables of a schema are read once, for all databases", () => {
  let reads = 0;
  const schema = new Proxy(pgSchema, {
    ownKeys(target) {
      reads++;
      return Reflect.ownKeys(target);
    },
  });
  const create = databaseFactory(drizzle, { schema });
  const before = reads;
  create({});
  create({});
  expect(before).toBeGreaterThan(0);
  expect(reads).toBe(before);
});

it("Drizzle 1.0 makes its own databases, with the options and the client", async () => {
  vi.resetModules();
  vi.doMock("drizzle-orm/version", () => import("drizzle-orm-1/version"));
  onTestFinished(() => {
    vi.doUnmock("drizzle-orm/version");
    vi.resetModules();
  });
  const since1 = await import("./drizzle-internals.js");
  const made = {};
  const create = vi.fn(() => made);
  const client = {};
  expect(since1.databaseFactory(create, { jit: true })(client)).toBe(made);
  expect(create).toHaveBeenCalledExactlyOnceWith({ jit: true, client });
});
