import type { Mysql2Connection } from "@rds-proxy/adapter-mysql2";
import { type ConformanceHarness, describeConformance, mysqlSql } from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { RowDataPacket } from "mysql2/promise";
import { inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";

const harness: ConformanceHarness<Mysql2Connection> = {
  name: "mysql2 on MySQL or MariaDB",
  user: inject("mysql").user,
  sql: mysqlSql,
  startProxy: (options) => startLocalProxy({ engine: "mysql", upstream: inject("mysql"), ...options }),
  createMiddleware: (options) => rdsProxy(options),
  async query(db, statement) {
    // Statements without rows answer with a header.
    const [result] = await db.query<RowDataPacket[]>(statement);
    return Array.isArray(result) ? result : [];
  },
  invokeHandler,
  plainMessageTypes: ["COM_QUERY"],
};

describeConformance(harness);
