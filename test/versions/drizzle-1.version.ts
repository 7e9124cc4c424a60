import middy from "@middy/core";
import * as mysqlAdapter from "@rds-proxy/adapter-drizzle/mysql";
import * as postgresAdapter from "@rds-proxy/adapter-drizzle/postgres";
import { onRdsProxyEvent } from "@rds-proxy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import { defineRelations, eq, sql } from "drizzle-orm";
import * as my from "drizzle-orm/mysql-core";
import * as pg from "drizzle-orm/pg-core";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";

// What Drizzle 1.0 does in another way than 0.45, beside the conformance suite.

function pinsHeard(): string[] {
  const kinds: string[] = [];
  onTestFinished(onRdsProxyEvent("pin", ({ kind }) => kinds.push(kind)));
  return kinds;
}

describe("Drizzle 1.0 on PostgreSQL", () => {
  const people = pg.pgTable("drizzle_1_people", { id: pg.integer().primaryKey(), name: pg.text().notNull() });
  const pets = pg.pgTable("drizzle_1_pets", {
    id: pg.integer().primaryKey(),
    ownerId: pg.integer("owner_id"),
  });
  const relations = defineRelations({ people, pets }, (r) => ({
    people: { pets: r.many.pets({ from: r.people.id, to: r.pets.ownerId }) },
  }));

  async function invoke<Result>(
    work: (db: postgresAdapter.DrizzleDatabase<typeof relations>) => Promise<Result>,
  ): Promise<Result> {
    const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
    const middleware = rdsProxy({
      ...connectTo(proxy),
      adapter: postgresAdapter.drizzleAdapter({ relations, jit: true, paramsInErrors: true }),
    });
    onTestFinished(async () => {
      await middleware.close();
      await proxy.close();
    });
    const handler = middy<object, Result>()
      .use(middleware)
      .handler(async (_event, { db }) => work(db));
    return handler({}, lambdaContext());
  }

  test("relational queries, transactions and unnamed prepared queries pin nothing", async () => {
    const pins = pinsHeard();
    await invoke(async (db) => {
      await db.execute(sql`drop table if exists drizzle_1_people, drizzle_1_pets`);
      await db.execute(sql`create table drizzle_1_people (id int primary key, name text not null)`);
      await db.execute(sql`create table drizzle_1_pets (id int primary key, owner_id int)`);
      await db.transaction(async (tx) => {
        await tx.insert(people).values({ id: 1, name: "Ann" });
        await tx.transaction((inner) => inner.insert(pets).values({ id: 1, ownerId: 1 }));
      });
      const found = await db.query.people.findMany({ with: { pets: true }, where: { name: "Ann" } });
      expect(found).toEqual([{ id: 1, name: "Ann", pets: [{ id: 1, ownerId: 1 }] }]);
      const byId = db
        .select()
        .from(people)
        .where(eq(people.id, sql.placeholder("id")))
        .prepare("");
      expect(await byId.execute({ id: 1 })).toEqual([{ id: 1, name: "Ann" }]);
      const duplicate = db.insert(people).values({ id: 1, name: "a value" });
      await expect(duplicate).rejects.toMatchObject({ params: [1, "a value"], cause: { code: "23505" } });
      await db.execute(sql`drop table drizzle_1_people, drizzle_1_pets`);
    });
    expect(pins).toEqual([]);
  });

  test("`prepare()` makes a name, and pins by it", async () => {
    const pins = pinsHeard();
    await invoke((db) => db.select({ one: sql`1` }).from(sql`(values (1)) as v`).prepare().execute());
    expect(pins).toHaveLength(1);
  });
});

test("iterators and transactions of Drizzle 1.0 on MySQL and MariaDB share the connection", async () => {
  const proxy = await startLocalProxy({ engine: "mysql", upstream: inject("mysql") });
  const middleware = mysqlRdsProxy({ ...connectTo(proxy), adapter: mysqlAdapter.drizzleAdapter() });
  onTestFinished(async () => {
    await middleware.close();
    await proxy.close();
  });
  const people = my.mysqlTable("drizzle_1_people", { id: my.int().primaryKey() });
  const pins = pinsHeard();
  await middy()
    .use(middleware)
    .handler(async (_event, { db }) => {
      await db.execute(sql`create table drizzle_1_people (id int primary key)`);
      await db.transaction((tx) => tx.insert(people).values([{ id: 1 }, { id: 2 }, { id: 3 }]));
      const read: unknown[] = [];
      for await (const row of db.select().from(people).orderBy(people.id).prepare().iterator()) {
        read.push(row);
        if (read.length === 2) break;
      }
      expect(read).toEqual([{ id: 1 }, { id: 2 }]);
      expect(await db.$count(people)).toBe(3);
      await db.execute(sql`drop table drizzle_1_people`);
    })({}, lambdaContext());
  expect(pins).toEqual([]);
});

test.each([
  ["schema", {}, "defineRelations"],
  ["casing", "snake_case", "where the tables are made"],
  ["mode", "default", "has no modes"],
  ["relations", [], "what `defineRelations()` returns"],
])("the option %s is refused", (name, value, message) => {
  for (const { drizzleAdapter } of [postgresAdapter, mysqlAdapter]) {
    expect(() => Reflect.apply(drizzleAdapter, undefined, [{ [name]: value }])).toThrow(message);
  }
});
