import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { type Options, Sequelize } from "sequelize";
import { inject } from "vitest";
import type { Sides } from "../compare.js";
import { inHandler } from "./in-handler.js";

/** Sequelize's options for both sides; `logging` is off unless a program sets it. */
export type SequelizeProgramOptions = Omit<
  Options,
  "dialect" | "host" | "port" | "username" | "password" | "database" | "ssl" | "native" | "replication"
>;

/** `new Sequelize(...)`, and each of our ways to get one, with Sequelize's default pool. */
function sidesOf(dialect: "postgres" | "mysql"): Sides<Sequelize, SequelizeProgramOptions> {
  const create = dialect === "postgres" ? rdsProxy : rdsProxyMysql;
  return {
    name: `Sequelize with ${dialect === "postgres" ? "pg" : "mysql2"}`,
    engine: dialect,
    server: () => inject(dialect),
    bare: ({ user, ...server }, options, work) =>
      useSequelize(new Sequelize({ logging: false, ...options, ...server, username: user, dialect }), work),
    ours: {
      "withRdsProxy()": ({ host, port, user, database, ...place }, options, work) => {
        const own = { logging: false, ...options, host, port, username: user, database, dialect };
        return useSequelize(new Sequelize(withRdsProxy(own, place)), work);
      },
      "context.db": (place, options, work) => {
        const adapter = sequelizeAdapter({ logging: false, ...options, dialect });
        return inHandler(create({ ...place, adapter }), (db) => work(db));
      },
    },
  };
}

export const sequelizePostgres: Sides<Sequelize, SequelizeProgramOptions> = sidesOf("postgres");

export const sequelizeMysql: Sides<Sequelize, SequelizeProgramOptions> = sidesOf("mysql");

async function useSequelize(sequelize: Sequelize, work: (db: Sequelize) => Promise<void>): Promise<void> {
  await work(sequelize).finally(() => sequelize.close());
}
