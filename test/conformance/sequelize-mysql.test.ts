import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { type ConformanceHarness, describeConformance, mysqlSql } from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { Sequelize, Transaction } from "sequelize";
import { inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";

const harness: ConformanceHarness<Sequelize> = {
  name: "Sequelize on MySQL or MariaDB",
  user: inject("mysql").user,
  sql: mysqlSql,
  startProxy: (options) => startLocalProxy({ engine: "mysql", upstream: inject("mysql"), ...options }),
  createMiddleware: (options) =>
    rdsProxy({ ...options, adapter: sequelizeAdapter({ dialect: "mysql", logging: false }) }),
  query: rowsOf,
  async transaction(db, work, end) {
    const transaction = await db.transaction();
    await work((statement) => rowsOf(db, statement, transaction));
    await transaction[end]();
  },
  invokeHandler,
  plainMessageTypes: ["COM_QUERY"],
};

/** Statements without rows return another type. */
async function rowsOf(db: Sequelize, statement: string, transaction: Transaction | null = null) {
  const [result] = await db.query(statement, { transaction });
  return Array.isArray(result) ? result.map((row) => Object(row)) : [];
}

describeConformance(harness);
