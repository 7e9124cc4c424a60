import type { PgConnection } from "@rds-proxy/adapter-pg";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { inject } from "vitest";
import type { ConformanceHarness } from "./harness.js";
import { describeConformance } from "./suite.js";

const harness: ConformanceHarness<PgConnection> = {
  name: "pg on PostgreSQL",
  user: inject("postgres").user,
  sql: {
    sessionId: "select pg_backend_pid() as id",
    hasWritten: "select pg_current_xact_id_if_assigned() is not null as open",
    killItself: "select pg_terminate_backend(pg_backend_pid())",
    sleep: (seconds) => `select pg_sleep(${seconds})`,
  },
  startProxy: (options) => startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options }),
  createMiddleware: (options) => rdsProxy(options),
  query: async (db, statement) => (await db.query(statement)).rows,
  plainMessageTypes: ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"],
};

describeConformance(harness);
