import { type DrizzleDatabase, drizzleAdapter } from "@rds-proxy/adapter-drizzle/mysql";
import { type ConformanceHarness, describeConformance, mysqlSql } from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { sql } from "drizzle-orm";
import { inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";
import { withoutDrizzleErrors } from "../support/without-drizzle-errors.js";
import { drizzleExceptions } from "./drizzle-exceptions.js";

const harness: ConformanceHarness<DrizzleDatabase> = {
  name: "Drizzle on MySQL or MariaDB",
  user: inject("mysql").user,
  sql: mysqlSql,
  startProxy: (options) => startLocalProxy({ engine: "mysql", upstream: inject("mysql"), ...options }),
  createMiddleware: (options) => rdsProxy({ ...options, adapter: drizzleAdapter() }),
  async query(db, statement) {
    const [rows] = await withoutDrizzleErrors(db.execute(sql.raw(statement)));
    return Array.isArray(rows) ? rows : [];
  },
  invokeHandler,
  exceptions: drizzleExceptions(() => harness),
  plainMessageTypes: ["COM_QUERY"],
};

describeConformance(harness);
