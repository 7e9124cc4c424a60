import { randomUUID } from "node:crypto";
import * as mysql from "@rds-proxy/adapter-kysely/mysql";
import * as postgres from "@rds-proxy/adapter-kysely/postgres";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { type RdsProxyMiddleware, rdsProxy } from "@rds-proxy/middleware";
import {
  type Generated,
  Kysely,
  type KyselyConfig,
  MysqlDialect,
  PostgresDialect,
  type PostgresDialectConfig,
  sql,
} from "kysely";
import { createPool } from "mysql2";
import pg from "pg";
import Cursor from "pg-cursor";
import { inject, onTestFinished } from "vitest";
import { connectTo } from "./connect-to.js";

interface Order {
  id: Generated<number>;
  customer_name: string;
}

/** Tables are made by tests, under names of their own. */
export interface DB {
  [table: string]: Order;
}

/** Hooks of Kysely's dialects. */
export type Hooks = Pick<PostgresDialectConfig, "onCreateConnection" | "onReserveConnection">;

/** What the tests of Kysely need of an engine. */
export interface KyselyEngine {
  readonly engine: "postgres" | "mysql";
  createMiddleware(
    options: RdsProxyOptions,
    kysely?: Pick<KyselyConfig, "plugins" | "log"> & Hooks,
  ): RdsProxyMiddleware<"db", Kysely<DB>>;
  createDialect(options: RdsProxyOptions & Hooks): KyselyConfig["dialect"];
  /** Kysely's own dialect, on the server itself, with one connection. */
  createBareDialect(hooks: Hooks): KyselyConfig["dialect"];
  readonly sessionId: string;
  readonly sleep: string;
  /** A statement with more rows than fit into any buffer. */
  readonly manyRows: string;
  /** A statement with a few thousand rows. */
  readonly someRows: string;
}

const postgresEngine: KyselyEngine = {
  engine: "postgres",
  createMiddleware: (options, kysely) =>
    rdsProxy({ ...options, adapter: postgres.kyselyAdapter<DB>({ cursor: Cursor, ...kysely }) }),
  createDialect: (options) => new postgres.RdsProxyDialect({ cursor: Cursor, ...options }),
  createBareDialect: (hooks) =>
    new PostgresDialect({ pool: new pg.Pool({ ...inject("postgres"), max: 1 }), ...hooks }),
  sessionId: "select pg_backend_pid() as id",
  sleep: "select pg_sleep(30)",
  manyRows: "select i, repeat('x', 1000) as x from generate_series(1, 1000000) as i",
  someRows: "select i from generate_series(1, 5000) as i",
};

const mysqlEngine: KyselyEngine = {
  engine: "mysql",
  createMiddleware: (options, kysely) => rdsProxy({ ...options, adapter: mysql.kyselyAdapter<DB>(kysely) }),
  createDialect: (options) => new mysql.RdsProxyDialect(options),
  createBareDialect: (hooks) =>
    new MysqlDialect({ pool: createPool({ ...inject("mysql"), connectionLimit: 1 }), ...hooks }),
  sessionId: "select connection_id() as id",
  sleep: "select sleep(30)",
  manyRows: "select * from information_schema.columns a cross join information_schema.columns b",
  someRows: "select ordinal_position from information_schema.columns limit 3000",
};

export const kyselyEngines: readonly KyselyEngine[] = [postgresEngine, mysqlEngine];

export async function startProxy(
  { engine }: KyselyEngine,
  options: Partial<LocalProxyOptions> = {},
): Promise<LocalProxy> {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine), ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A Kysely over the dialect. */
export function openKysely(
  engine: KyselyEngine,
  proxy: LocalProxy,
  options: RdsProxyOptions & Hooks = {},
): Kysely<DB> {
  const db = new Kysely<DB>({ dialect: engine.createDialect({ ...connectTo(proxy), ...options }) });
  onTestFinished(() => db.destroy());
  return db;
}

/** Creates a table for this test. */
export async function createTable(db: Kysely<DB>): Promise<string> {
  const table = `orders_${randomUUID().replaceAll("-", "")}`;
  const id = db.getExecutor().adapter.supportsReturning ? sql`integer` : sql`int`;
  await db.schema
    .createTable(table)
    .addColumn("id", id, (column) => column.primaryKey())
    .addColumn("customer_name", "varchar(100)")
    .execute();
  return table;
}

/** Streams a statement as Kysely's query builders do. */
export function streamOf(db: Kysely<DB>, statement: string): AsyncIterableIterator<unknown> {
  return db.getExecutor().stream(sql.raw(statement).compile(db), 100);
}
