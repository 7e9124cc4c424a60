import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { type Options, Sequelize } from "sequelize";
import type { ProxiedPlace, Sides } from "../compare.js";
import { inHandler } from "./in-handler.js";

/** Options of Sequelize that both sides take; `logging` is off unless a program sets it. */
export type SequelizeProgramOptions = Omit<
  Options,
  "dialect" | "host" | "port" | "username" | "password" | "database" | "ssl" | "native" | "replication"
>;

const bare =
  (dialect: "postgres" | "mysql"): Sides<Sequelize, SequelizeProgramOptions>["bare"] =>
  ({ user, ...server }, options, work) =>
    useSequelize(new Sequelize({ logging: false, ...options, ...server, username: user, dialect }), work);

/** `new Sequelize(withRdsProxy(...))`, beside one without. */
function withOptions(dialect: "postgres" | "mysql"): Sides<Sequelize, SequelizeProgramOptions> {
  return {
    name: `Sequelize: withRdsProxy() with ${dialect}`,
    engine: dialect,
    bare: bare(dialect),
    ours({ host, port, user, database, ...place }, options, work) {
      const own = { logging: false, ...options, host, port, username: user, database, dialect };
      return useSequelize(new Sequelize(withRdsProxy(own, place)), work);
    },
  };
}

/** `context.db` of the middleware, beside a Sequelize with a pool of one connection. */
function inMiddleware(dialect: "postgres" | "mysql"): Sides<Sequelize, SequelizeProgramOptions> {
  const create = dialect === "postgres" ? rdsProxy : rdsProxyMysql;
  return {
    name: `Sequelize: context.db with ${dialect}`,
    engine: dialect,
    bare: (server, options, work) => bare(dialect)(server, { pool: { max: 1 }, ...options }, work),
    ours: (place: ProxiedPlace, options, work) =>
      inHandler(
        create({ ...place, adapter: sequelizeAdapter({ logging: false, ...options, dialect }) }),
        (db) => work(db),
      ),
  };
}

export const sequelizePostgresSides: readonly Sides<Sequelize, SequelizeProgramOptions>[] = [
  withOptions("postgres"),
  inMiddleware("postgres"),
];

export const sequelizeMysqlSides: readonly Sides<Sequelize, SequelizeProgramOptions>[] = [
  withOptions("mysql"),
  inMiddleware("mysql"),
];

async function useSequelize(sequelize: Sequelize, work: (db: Sequelize) => Promise<void>): Promise<void> {
  await work(sequelize).finally(() => sequelize.close());
}
