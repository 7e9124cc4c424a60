import * as kyselyMysql from "@rds-proxy/adapter-kysely/mysql";
import * as kyselyPostgres from "@rds-proxy/adapter-kysely/postgres";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { Kysely, type KyselyConfig, MysqlDialect, PostgresDialect } from "kysely";
import { createPool as createMysqlPool } from "mysql2";
import pg from "pg";
import Cursor from "pg-cursor";
import type { Sides } from "../compare.js";
import type { PetShop } from "../programs/pet-shop.js";
import { inHandler } from "./in-handler.js";

export type KyselyDb = Kysely<PetShop>;

/** Kysely's own options for a program. */
export type KyselyProgramOptions = Pick<KyselyConfig, "plugins" | "log">;

const barePostgres =
  (max: number): Sides<KyselyDb, KyselyProgramOptions>["bare"] =>
  (server, options, work) =>
    useKysely(new PostgresDialect({ pool: new pg.Pool({ ...server, max }), cursor: Cursor }), options, work);

const bareMysql =
  (connectionLimit: number): Sides<KyselyDb, KyselyProgramOptions>["bare"] =>
  (server, options, work) =>
    useKysely(new MysqlDialect({ pool: createMysqlPool({ ...server, connectionLimit }) }), options, work);

/** A Kysely over the dialect, with a pool of three connections. */
export const kyselyPostgresDialect: Sides<KyselyDb, KyselyProgramOptions> = {
  name: "Kysely: RdsProxyDialect for PostgreSQL",
  engine: "postgres",
  bare: barePostgres(3),
  ours: (place, options, work) =>
    useKysely(
      new kyselyPostgres.RdsProxyDialect({ ...place, maxConnections: 3, cursor: Cursor }),
      options,
      work,
    ),
};

/** `context.db` of the middleware, beside a Kysely over a pool of one connection. */
export const kyselyPostgresMiddleware: Sides<KyselyDb, KyselyProgramOptions> = {
  name: "Kysely: context.db on PostgreSQL",
  engine: "postgres",
  bare: barePostgres(1),
  ours: (place, options, work) =>
    inHandler(
      rdsProxy({ ...place, adapter: kyselyPostgres.kyselyAdapter<PetShop>({ cursor: Cursor, ...options }) }),
      work,
    ),
};

/** The same as {@link kyselyPostgresDialect} for MySQL and MariaDB. */
export const kyselyMysqlDialect: Sides<KyselyDb, KyselyProgramOptions> = {
  name: "Kysely: RdsProxyDialect for MySQL",
  engine: "mysql",
  bare: bareMysql(3),
  ours: (place, options, work) =>
    useKysely(new kyselyMysql.RdsProxyDialect({ ...place, maxConnections: 3 }), options, work),
};

/** The same as {@link kyselyPostgresMiddleware} for MySQL and MariaDB. */
export const kyselyMysqlMiddleware: Sides<KyselyDb, KyselyProgramOptions> = {
  name: "Kysely: context.db on MySQL",
  engine: "mysql",
  bare: bareMysql(1),
  ours: (place, options, work) =>
    inHandler(rdsProxyMysql({ ...place, adapter: kyselyMysql.kyselyAdapter<PetShop>(options) }), work),
};

async function useKysely(
  dialect: KyselyConfig["dialect"],
  options: KyselyProgramOptions | undefined,
  work: (db: KyselyDb) => Promise<void>,
): Promise<void> {
  const db = new Kysely<PetShop>({ dialect, ...options });
  await work(db).finally(() => db.destroy());
}
