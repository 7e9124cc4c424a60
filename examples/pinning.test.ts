import { MikroORM as MikroORMMySql } from "@mikro-orm/mysql";
import { MikroORM } from "@mikro-orm/postgresql";
import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { PrismaPg } from "@prisma/adapter-pg";
import { createPool as createMySqlPool } from "@rds-proxy/adapter-mysql2";
import { prismaAdapter } from "@rds-proxy/adapter-mysql2/prisma";
import { typeormDriver as mysql2Driver } from "@rds-proxy/adapter-mysql2/typeorm";
import { createPool as createPgPool, connectionOptions as pgOptions } from "@rds-proxy/adapter-pg";
import { typeormDriver as pgDriver } from "@rds-proxy/adapter-pg/typeorm";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { sql } from "drizzle-orm";
import { drizzle as drizzleMySql } from "drizzle-orm/mysql2";
import { drizzle } from "drizzle-orm/node-postgres";
import { pgTable, text } from "drizzle-orm/pg-core";
import knex from "knex";
import { MysqlDialect, PostgresDialect } from "kysely";
import { DataSource } from "typeorm";
import { expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../test/support/connect-to.js";
import { PrismaClient } from "./prisma/generated/client.js";
import { PrismaClient as PrismaMySqlClient } from "./prisma-mysql/generated/client.js";

/** What a library sends for features that may pin. The README warns of these. */
interface Trap {
  readonly name: string;
  readonly engine: "postgres" | "mysql";
  use(options: RdsProxyOptions): Promise<unknown>;
  /** Statements in order; a named one with its name before it. */
  readonly sends: readonly string[];
}

const traps: readonly Trap[] = [
  {
    name: "Drizzle on PostgreSQL, a transaction with an isolation level",
    engine: "postgres",
    use: (options) =>
      drizzle({ client: createPgPool(options) }).transaction(
        (transaction) => transaction.execute(sql`select 1`),
        {
          isolationLevel: "serializable",
        },
      ),
    sends: ["begin isolation level serializable", "select 1", "commit"],
  },
  {
    name: "Drizzle on PostgreSQL, a query prepared under a name",
    engine: "postgres",
    use: (options) =>
      drizzle({ client: createPgPool(options) })
        .select()
        .from(pgTable("pg_roles", { rolname: text() }))
        .prepare("roles")
        .execute(),
    sends: ['roles: select "rolname" from "pg_roles"'],
  },
  {
    name: "Drizzle on MySQL, a transaction with an isolation level",
    engine: "mysql",
    use: (options) =>
      drizzleMySql({ client: createMySqlPool(options) }).transaction(
        (transaction) => transaction.execute(sql`select 1`),
        { isolationLevel: "serializable" },
      ),
    sends: ["set transaction isolation level serializable", "begin", "select 1", "commit"],
  },
  {
    name: "Knex on PostgreSQL, a transaction with an isolation level",
    engine: "postgres",
    use: (options) =>
      knex({ client: "pg", version: "18", connectionPool: createPgPool(options) }).transaction(
        (transaction) => transaction.raw("select 1"),
        { isolationLevel: "serializable" },
      ),
    sends: ["BEGIN TRANSACTION ISOLATION LEVEL serializable;", "select 1", "COMMIT;"],
  },
  {
    name: "Knex on MySQL, a transaction with an isolation level",
    engine: "mysql",
    use(options) {
      const { pool } = createMySqlPool(options);
      return knex({
        client: "mysql2",
        connectionPool: {
          getConnection: (done) => pool.getConnection(done),
          end: (done) => pool.end((error) => done?.(error ?? undefined)),
        },
      }).transaction((transaction) => transaction.raw("select 1"), { isolationLevel: "serializable" });
    },
    sends: ["SET TRANSACTION ISOLATION LEVEL serializable;", "BEGIN;", "select 1", "COMMIT;"],
  },
  {
    name: "Knex on PostgreSQL, with connectionOptions and a searchPath",
    engine: "postgres",
    async use(options) {
      const connection: object = pgOptions(options);
      const db = knex({ client: "pg", version: "18", connection, searchPath: ["public"] });
      await db.raw("select 1");
      await db.destroy();
    },
    sends: ['set search_path to "public"', "select 1"],
  },
  {
    name: "TypeORM on PostgreSQL, a transaction with an isolation level",
    engine: "postgres",
    async use(options) {
      const source = new DataSource({ type: "postgres", driver: pgDriver(options) });
      await source.initialize();
      await source.transaction("SERIALIZABLE", (transaction) => transaction.query("select 1"));
    },
    sends: [
      "SELECT version()",
      "SELECT * FROM current_database()",
      "SELECT * FROM current_schema()",
      "START TRANSACTION",
      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
      "select 1",
      "COMMIT",
    ],
  },
  {
    name: "Prisma on PostgreSQL, a transaction with an isolation level",
    engine: "postgres",
    use: (options) =>
      new PrismaClient({ adapter: new PrismaPg(createPgPool(options)) }).$transaction(
        (transaction) => transaction.$queryRaw`select 1`,
        { isolationLevel: "Serializable" },
      ),
    sends: ["BEGIN", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "select 1", "COMMIT"],
  },
  {
    name: "TypeORM on MySQL, a transaction with an isolation level",
    engine: "mysql",
    async use(options) {
      const source = new DataSource({ type: "mysql", database: "test", driver: mysql2Driver(options) });
      await source.initialize();
      await source.transaction("SERIALIZABLE", (transaction) => transaction.query("select 1"));
    },
    sends: [
      "SELECT version() as version",
      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
      "START TRANSACTION",
      "select 1",
      "COMMIT",
    ],
  },
  {
    name: "Prisma on MySQL, a transaction with an isolation level",
    engine: "mysql",
    use: (options) =>
      new PrismaMySqlClient({
        adapter: prismaAdapter(PrismaMariaDb, createMySqlPool(options)),
      }).$transaction((transaction) => transaction.$queryRaw`select 1`, { isolationLevel: "Serializable" }),
    sends: [
      "SELECT VERSION()",
      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
      "BEGIN",
      "select 1",
      "COMMIT",
    ],
  },
  {
    name: "MikroORM on MySQL, a transaction with an isolation level",
    engine: "mysql",
    use: (options) =>
      new MikroORMMySql({
        entities: [],
        discovery: { warnWhenNoEntities: false },
        dbName: "shop",
        ensureDatabase: false,
        driverOptions: () => new MysqlDialect({ pool: createMySqlPool(options).pool }),
      }).em.transactional((transaction) => transaction.execute("select 1"), {
        isolationLevel: "serializable",
      }),
    sends: ["set transaction isolation level serializable", "begin", "select 1", "commit"],
  },
  {
    name: "Prisma, names for statements",
    engine: "postgres",
    use: (options) =>
      new PrismaClient({
        adapter: new PrismaPg(createPgPool(options), { statementNameGenerator: () => "one" }),
      }).$queryRaw`select 1`,
    sends: ["one: select 1"],
  },
  {
    name: "MikroORM on PostgreSQL, a transaction with an isolation level",
    engine: "postgres",
    use: (options) =>
      createMikroORM(options).em.transactional((transaction) => transaction.execute("select 1"), {
        isolationLevel: "serializable",
      }),
    sends: ["start transaction isolation level serializable", "select 1", "commit"],
  },
  {
    name: "MikroORM, the values of a query",
    engine: "postgres",
    use: (options) => createMikroORM(options).em.execute("select ?::text", ["a value"]),
    sends: ["select 'a value'::text"],
  },
];

function createMikroORM(options: RdsProxyOptions): MikroORM {
  return new MikroORM({
    entities: [],
    discovery: { warnWhenNoEntities: false },
    dbName: "shop",
    ensureDatabase: false,
    driverOptions: () => new PostgresDialect({ pool: createPgPool(options) }),
  });
}

test.each(traps)("$name", async ({ engine, use, sends }) => {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine), recordMessages: true });
  onTestFinished(() => proxy.close());
  await use(connectTo(proxy));
  const statements = proxy
    .messages()
    .flatMap(({ text, statementName }) =>
      text === undefined ? [] : [statementName ? `${statementName}: ${text}` : text],
    );
  expect(statements).toEqual(sends);
});
