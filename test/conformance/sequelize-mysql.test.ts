import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { Sequelize, Transaction } from "sequelize";
import { inject } from "vitest";
import type { ConformanceHarness } from "./harness.js";
import { describeConformance } from "./suite.js";

const harness: ConformanceHarness<Sequelize> = {
  name: "Sequelize on MySQL or MariaDB",
  user: inject("mysql").user,
  sql: {
    sessionId: "select connection_id() as id",
    hasWritten:
      "select count(*) as open from information_schema.innodb_trx where trx_mysql_thread_id = connection_id()",
    killItself: "kill connection_id()",
    sleep: (seconds) => `select sleep(${seconds})`,
  },
  startProxy: (options) => startLocalProxy({ engine: "mysql", upstream: inject("mysql"), ...options }),
  createMiddleware: (options) =>
    rdsProxy({ ...options, adapter: sequelizeAdapter({ dialect: "mysql", logging: false }) }),
  query: rowsOf,
  async transaction(db, work, end) {
    const transaction = await db.transaction();
    await work((statement) => rowsOf(db, statement, transaction));
    await transaction[end]();
  },
  plainMessageTypes: ["COM_QUERY"],
};

/** Statements without rows answer with something else. */
async function rowsOf(db: Sequelize, statement: string, transaction: Transaction | null = null) {
  const [result] = await db.query(statement, { transaction });
  return Array.isArray(result) ? result.map((row) => Object(row)) : [];
}

describeConformance(harness);
