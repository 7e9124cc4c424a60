import { type DrizzleDatabase, drizzleAdapter } from "@rds-proxy/adapter-drizzle/postgres";
import { type ConformanceHarness, describeConformance, postgresSql } from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { sql } from "drizzle-orm";
import { inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";
import { withoutDrizzleErrors } from "../support/without-drizzle-errors.js";
import { drizzleExceptions } from "./drizzle-exceptions.js";

const harness: ConformanceHarness<DrizzleDatabase> = {
  name: "Drizzle on PostgreSQL",
  user: inject("postgres").user,
  sql: postgresSql,
  startProxy: (options) => startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options }),
  createMiddleware: (options) => rdsProxy({ ...options, adapter: drizzleAdapter() }),
  query: async (db, statement) => (await withoutDrizzleErrors(db.execute(sql.raw(statement)))).rows,
  invokeHandler,
  exceptions: drizzleExceptions(() => harness),
  plainMessageTypes: ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"],
};

describeConformance(harness);
