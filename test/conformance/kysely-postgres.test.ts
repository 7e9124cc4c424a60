import { kyselyAdapter } from "@rds-proxy/adapter-kysely/postgres";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { type Kysely, sql } from "kysely";
import { inject } from "vitest";
import type { ConformanceHarness } from "./harness.js";
import { kyselyExceptions } from "./kysely-exceptions.js";
import { describeConformance } from "./suite.js";

const harness: ConformanceHarness<Kysely<unknown>> = {
  name: "Kysely on PostgreSQL",
  user: inject("postgres").user,
  sql: {
    sessionId: "select pg_backend_pid() as id",
    hasWritten: "select pg_current_xact_id_if_assigned() is not null as open",
    killItself: "select pg_terminate_backend(pg_backend_pid())",
    sleep: (seconds) => `select pg_sleep(${seconds})`,
  },
  startProxy: (options) => startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options }),
  createMiddleware: (options) => rdsProxy({ ...options, adapter: kyselyAdapter<unknown>() }),
  query: async (db, statement) => (await sql.raw<Record<string, unknown>>(statement).execute(db)).rows,
  plainMessageTypes: ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"],
  exceptions: kyselyExceptions(() => harness),
};

describeConformance(harness);
