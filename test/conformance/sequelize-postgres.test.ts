import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { QueryTypes, type Sequelize } from "sequelize";
import { inject } from "vitest";
import type { ConformanceHarness } from "./harness.js";
import { describeConformance } from "./suite.js";

const harness: ConformanceHarness<Sequelize> = {
  name: "Sequelize on PostgreSQL",
  user: inject("postgres").user,
  sql: {
    sessionId: "select pg_backend_pid() as id",
    hasWritten: "select pg_current_xact_id_if_assigned() is not null as open",
    sleep: (seconds) => `select pg_sleep(${seconds})`,
  },
  startProxy: (options) => startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options }),
  createMiddleware: (options) =>
    rdsProxy({ ...options, adapter: sequelizeAdapter({ dialect: "postgres", logging: false }) }),
  query: (db, statement) => db.query(statement, { type: QueryTypes.SELECT }),
  plainMessageTypes: ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"],
};

describeConformance(harness);
