import type { PgConnection } from "@rds-proxy/adapter-pg";
import { type ConformanceHarness, describeConformance, postgresSql } from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";

const harness: ConformanceHarness<PgConnection> = {
  name: "pg on PostgreSQL",
  user: inject("postgres").user,
  sql: postgresSql,
  startProxy: (options) => startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options }),
  createMiddleware: (options) => rdsProxy(options),
  query: async (db, statement) => (await db.query(statement)).rows,
  invokeHandler,
  plainMessageTypes: ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"],
};

describeConformance(harness);
