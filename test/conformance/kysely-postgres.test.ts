import { kyselyAdapter } from "@rds-proxy/adapter-kysely/postgres";
import { type ConformanceHarness, describeConformance, postgresSql } from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { type Kysely, sql } from "kysely";
import { inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";
import { kyselyExceptions } from "./kysely-exceptions.js";

const harness: ConformanceHarness<Kysely<unknown>> = {
  name: "Kysely on PostgreSQL",
  user: inject("postgres").user,
  sql: postgresSql,
  startProxy: (options) => startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options }),
  createMiddleware: (options) => rdsProxy({ ...options, adapter: kyselyAdapter<unknown>() }),
  query: async (db, statement) => (await sql.raw<Record<string, unknown>>(statement).execute(db)).rows,
  invokeHandler,
  plainMessageTypes: ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"],
  exceptions: kyselyExceptions(() => harness),
};

describeConformance(harness);
