import * as mysqlAdapter from "@rds-proxy/adapter-drizzle/mysql";
import * as postgresAdapter from "@rds-proxy/adapter-drizzle/postgres";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool } from "@rds-proxy/adapter-pg";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import type { DrizzleConfig } from "drizzle-orm";
import { drizzle as drizzleMysql, type MySql2Database } from "drizzle-orm/mysql2";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import mysql from "mysql2/promise";
import pg from "pg";
import { inject } from "vitest";
import type { Sides } from "../compare.js";
import * as mysqlShop from "../drizzle-shops/mysql.js";
import * as postgresShop from "../drizzle-shops/postgres.js";
import { inHandler } from "./in-handler.js";

export type DrizzlePostgresDb = NodePgDatabase<typeof postgresShop> & {
  $client: Pick<pg.ClientBase, "query">;
};
export type DrizzleMysqlDb = MySql2Database<typeof mysqlShop> & { $client: Pick<mysql.Connection, "query"> };

/** Drizzle's own options for a program. */
export type DrizzleProgramOptions = Pick<DrizzleConfig, "casing" | "logger" | "cache">;

/** Drizzle over a pool of three connections of node-postgres and of ours, and the middleware's, over one connection. */
export const drizzlePostgres: Sides<DrizzlePostgresDb, DrizzleProgramOptions> = {
  name: "Drizzle with pg",
  engine: "postgres",
  server: () => inject("postgres"),
  bare: (server, options, work) => onPostgres(new pg.Pool({ ...server, max: 3 }), options, work),
  ours: {
    "createPool()": (place, options, work) =>
      onPostgres(createPool({ ...place, maxConnections: 3 }), options, work),
    "context.db": (place, options, work) =>
      inHandler(
        rdsProxy({ ...place, adapter: postgresAdapter.drizzleAdapter({ ...options, schema: postgresShop }) }),
        work,
      ),
  },
};

export interface DrizzleMysqlProgramOptions extends DrizzleProgramOptions {
  /** Default: `"planetscale"`, since MariaDB has no lateral joins. */
  readonly mode?: "default";
}

/** The same for MySQL and MariaDB. */
export const drizzleMysql2: Sides<DrizzleMysqlDb, DrizzleMysqlProgramOptions> = {
  name: "Drizzle with mysql2",
  engine: "mysql",
  server: () => inject("mysql"),
  bare: ({ host, port, user, password, database }, options, work) =>
    onMysql(mysql.createPool({ host, port, user, password, database, connectionLimit: 3 }), options, work),
  ours: {
    "createPool()": (place, options, work) =>
      onMysql(createMysqlPool({ ...place, maxConnections: 3 }), options, work),
    "context.db": (place, options, work) =>
      inHandler(
        rdsProxyMysql({
          ...place,
          adapter: mysqlAdapter.drizzleAdapter({ mode: "planetscale", ...options, schema: mysqlShop }),
        }),
        work,
      ),
  },
};

async function onPostgres(
  client: pg.Pool,
  options: DrizzleProgramOptions | undefined,
  work: (db: DrizzlePostgresDb) => Promise<void>,
): Promise<void> {
  await work(drizzle({ client, schema: postgresShop, ...options })).finally(() => client.end());
}

async function onMysql(
  client: mysql.Pool,
  options: DrizzleMysqlProgramOptions | undefined,
  work: (db: DrizzleMysqlDb) => Promise<void>,
): Promise<void> {
  const db = drizzleMysql({ client, schema: mysqlShop, mode: "planetscale", ...options });
  await work(db).finally(() => client.end());
}
