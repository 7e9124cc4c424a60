import * as mysql from "@rds-proxy/adapter-kysely/mysql";
import * as postgres from "@rds-proxy/adapter-kysely/postgres";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { Kysely, type KyselyConfig, MysqlDialect, PostgresDialect } from "kysely";
import { createPool as createMysqlPool } from "mysql2";
import pg from "pg";
import Cursor from "pg-cursor";
import { inject } from "vitest";
import type { Sides } from "../compare.js";
import type { PetShop } from "../pet-shop.js";
import { inHandler } from "./in-handler.js";

export type KyselyDb = Kysely<PetShop>;

/** Kysely's own options for a program. */
export type KyselyProgramOptions = Pick<KyselyConfig, "plugins" | "log">;

/** Kysely over a pool of three connections, and one on our dialect. The middleware's has one connection. */
export const kyselyPostgres: Sides<KyselyDb, KyselyProgramOptions> = {
  name: "Kysely with pg",
  engine: "postgres",
  server: () => inject("postgres"),
  bare: (server, options, work) =>
    useKysely(
      new PostgresDialect({ pool: new pg.Pool({ ...server, max: 3 }), cursor: Cursor }),
      options,
      work,
    ),
  ours: {
    RdsProxyDialect: (place, options, work) =>
      useKysely(new postgres.RdsProxyDialect({ ...place, maxConnections: 3, cursor: Cursor }), options, work),
    "context.db": (place, options, work) =>
      inHandler(
        rdsProxy({ ...place, adapter: postgres.kyselyAdapter<PetShop>({ cursor: Cursor, ...options }) }),
        work,
      ),
  },
};

/** The same for MySQL and MariaDB. */
export const kyselyMysql: Sides<KyselyDb, KyselyProgramOptions> = {
  name: "Kysely with mysql2",
  engine: "mysql",
  server: () => inject("mysql"),
  bare: (server, options, work) =>
    useKysely(new MysqlDialect({ pool: createMysqlPool({ ...server, connectionLimit: 3 }) }), options, work),
  ours: {
    RdsProxyDialect: (place, options, work) =>
      useKysely(new mysql.RdsProxyDialect({ ...place, maxConnections: 3 }), options, work),
    "context.db": (place, options, work) =>
      inHandler(rdsProxyMysql({ ...place, adapter: mysql.kyselyAdapter<PetShop>(options) }), work),
  },
};

async function useKysely(
  dialect: KyselyConfig["dialect"],
  options: KyselyProgramOptions | undefined,
  work: (db: KyselyDb) => Promise<void>,
): Promise<void> {
  const db = new Kysely<PetShop>({ dialect, ...options });
  await work(db).finally(() => db.destroy());
}
