import { PgClient } from "@effect/sql-pg";
import { MikroORM as MikroORMMySql } from "@mikro-orm/mysql";
import { MikroORM } from "@mikro-orm/postgresql";
import { PrismaPg } from "@prisma/adapter-pg";
import { connectionOptions as mysqlOptions } from "@rds-proxy/adapter-mysql2";
import { connectionOptions as pgOptions } from "@rds-proxy/adapter-pg";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { Sequelize } from "@sequelize/core";
import { MySqlDialect } from "@sequelize/mysql";
import { PostgresDialect } from "@sequelize/postgres";
import { sql } from "drizzle-orm";
import { drizzle as drizzleMySql } from "drizzle-orm/mysql2";
import { drizzle } from "drizzle-orm/node-postgres";
import { Effect, type Layer, ManagedRuntime, Redacted } from "effect";
import { SqlClient } from "effect/sql";
import knex from "knex";
import { DataSource } from "typeorm";
import { describe, expect, test } from "vitest";
import { ROUTES, type Route, startProxyFor } from "../test/support/routes.js";
import { PrismaClient } from "./prisma/generated/client.js";

/** A library with options, before its first connect. */
interface Configured {
  query(statement: string): Promise<unknown>;
  close(): Promise<unknown>;
}

interface Library {
  readonly name: string;
  readonly engine: "postgres" | "mysql";
  /** Default: all. */
  readonly routes?: readonly Route[];
  configure(options: RdsProxyOptions): Configured;
}

/** MikroORM needs entities unless an option allows none, and creates a missing database unless an option forbids it. */
const bare = {
  entities: [],
  discovery: { warnWhenNoEntities: false },
  dbName: "shop",
  ensureDatabase: false,
};

const libraries: readonly Library[] = [
  {
    name: "Knex on pg",
    engine: "postgres",
    configure(options) {
      // Knex has types of its own for it.
      const connection: object = pgOptions(options);
      const db = knex({ client: "pg", connection, pool: { min: 1, max: 1 } });
      return { query: (statement) => db.raw(statement), close: () => db.destroy() };
    },
  },
  {
    name: "Knex on mysql2",
    engine: "mysql",
    configure(options) {
      const connection: object = mysqlOptions(options);
      const db = knex({ client: "mysql2", connection, pool: { min: 1, max: 1 } });
      return { query: (statement) => db.raw(statement), close: () => db.destroy() };
    },
  },
  {
    name: "Drizzle on pg",
    engine: "postgres",
    configure(options) {
      const db = drizzle({ connection: { ...pgOptions(options), max: 1, idleTimeoutMillis: 0 } });
      // Drizzle adds no listener, without which an idle connection that breaks ends the process.
      db.$client.on("error", () => undefined);
      return { query: (statement) => db.execute(sql.raw(statement)), close: () => db.$client.end() };
    },
  },
  {
    name: "Drizzle on mysql2",
    engine: "mysql",
    configure(options) {
      const db = drizzleMySql({ connection: { ...mysqlOptions(options), connectionLimit: 1 } });
      return {
        query: (statement) => db.execute(sql.raw(statement)),
        close: () => db.$client.promise().end(),
      };
    },
  },
  {
    name: "TypeORM on pg",
    engine: "postgres",
    configure(options) {
      const extra = { ...pgOptions(options), max: 1, idleTimeoutMillis: 0 };
      return dataSource(new DataSource({ type: "postgres", extra }));
    },
  },
  {
    name: "TypeORM on mysql2",
    engine: "mysql",
    configure(options) {
      const extra = { ...mysqlOptions(options), connectionLimit: 1 };
      return dataSource(new DataSource({ type: "mysql", extra }));
    },
  },
  {
    name: "Prisma on pg",
    engine: "postgres",
    configure(options) {
      const db = new PrismaClient({
        adapter: new PrismaPg({ ...pgOptions(options), max: 1, idleTimeoutMillis: 0 }),
      });
      return { query: (statement) => db.$queryRawUnsafe(statement), close: () => db.$disconnect() };
    },
  },
  {
    name: "MikroORM on pg",
    engine: "postgres",
    configure: (options) =>
      entityManager(
        new MikroORM({ ...bare, driverOptions: pgOptions(options), pool: { max: 1, idleTimeoutMillis: 0 } }),
      ),
  },
  {
    name: "MikroORM on mysql2",
    engine: "mysql",
    configure: (options) =>
      entityManager(new MikroORMMySql({ ...bare, driverOptions: mysqlOptions(options), pool: { max: 1 } })),
  },
  {
    name: "Sequelize 7 on pg",
    engine: "postgres",
    configure(options) {
      const connection = pgOptions(options);
      return sequelize(
        new Sequelize({
          dialect: PostgresDialect,
          hooks: { beforeConnect: (config) => void Object.assign(config, connection) },
          // Each of these would send `SET` at each login.
          keepDefaultTimezone: true,
          clientMinMessages: false,
          standardConformingStrings: false,
          // Without it Sequelize opens a connection to ask for the version.
          databaseVersion: "18.0.0",
          pool: { max: 1 },
          logging: false,
        }),
      );
    },
  },
  {
    name: "Sequelize 7 on mysql2",
    engine: "mysql",
    configure(options) {
      const connection = mysqlOptions(options);
      return sequelize(
        new Sequelize({
          dialect: MySqlDialect,
          hooks: { beforeConnect: (config) => void Object.assign(config, connection) },
          keepDefaultTimezone: true,
          databaseVersion: "8.4.0",
          pool: { max: 1 },
          logging: false,
        }),
      );
    },
  },
  {
    name: "Effect SQL on its own driver",
    engine: "postgres",
    // It writes before a stream is connected, so that `stream`, which dials a tunnel and loads an instance's roots, is of no use.
    routes: ROUTES.filter(({ endpointNames }) => endpointNames.length === 0),
    configure(options) {
      const { host, port, user, database, ssl, password } = pgOptions(options);
      return effectSql(
        PgClient.layer({
          host,
          port,
          database,
          username: user,
          password: Effect.promise(async () => {
            if (typeof password !== "function") throw new TypeError("expected a function");
            return Redacted.make(await password());
          }),
          ssl,
          // A prepared statement has a name, which pins.
          prepare: false,
          maxConnections: 1,
        }),
      );
    },
  },
];

function effectSql(layer: Layer.Layer<SqlClient.SqlClient, unknown>): Configured {
  const runtime = ManagedRuntime.make(layer);
  return {
    query: (statement) =>
      runtime.runPromise(Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement))),
    close: () => runtime.dispose(),
  };
}

function sequelize(instance: Sequelize | Sequelize<MySqlDialect>): Configured {
  return { query: (statement) => instance.query(statement), close: () => instance.close() };
}

function dataSource(source: DataSource): Configured {
  return {
    async query(statement) {
      if (!source.isInitialized) await source.initialize();
      return await source.query(statement);
    },
    close: () => source.destroy(),
  };
}

function entityManager(orm: MikroORM | MikroORMMySql): Configured {
  return { query: (statement) => orm.em.getConnection().execute(statement), close: () => orm.close() };
}

describe.each(libraries)("$name", ({ engine, routes = ROUTES, configure }) => {
  test.each(routes)(
    "takes connectionOptions on the way to $name, with a token for each connection",
    async (route) => {
      const proxy = await startProxyFor(route, engine);
      const library = configure(route.options(proxy));
      await library.query("select 1");
      proxy.faults.killConnections("fin");
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
      await library.query("select 1");
      expect(proxy.metrics()).toMatchObject({
        ClientConnectionsReceived: 2,
        TokensVerified: 2,
        TokensRefused: {},
      });
      await library.close();
    },
  );
});
