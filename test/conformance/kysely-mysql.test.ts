import { kyselyAdapter } from "@rds-proxy/adapter-kysely/mysql";
import { type ConformanceHarness, describeConformance, mysqlSql } from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { type Kysely, sql } from "kysely";
import { inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";
import { kyselyExceptions } from "./kysely-exceptions.js";

const harness: ConformanceHarness<Kysely<unknown>> = {
  name: "Kysely on MySQL or MariaDB",
  user: inject("mysql").user,
  sql: mysqlSql,
  startProxy: (options) => startLocalProxy({ engine: "mysql", upstream: inject("mysql"), ...options }),
  createMiddleware: (options) => rdsProxy({ ...options, adapter: kyselyAdapter<unknown>() }),
  query: async (db, statement) => (await sql.raw<Record<string, unknown>>(statement).execute(db)).rows,
  invokeHandler,
  plainMessageTypes: ["COM_QUERY"],
  exceptions: kyselyExceptions(() => harness),
};

describeConformance(harness);
