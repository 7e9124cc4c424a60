import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import {
  type ConformanceHarness,
  createEnvironment,
  describeConformance,
  postgresSql,
} from "@rds-proxy/conformance";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import type { Sequelize, Transaction } from "sequelize";
import { expect, inject } from "vitest";
import { invokeHandler } from "../support/invoke-handler.js";

const harness: ConformanceHarness<Sequelize> = {
  name: "Sequelize on PostgreSQL",
  user: inject("postgres").user,
  sql: postgresSql,
  startProxy: (options) => startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options }),
  createMiddleware: (options) =>
    rdsProxy({ ...options, adapter: sequelizeAdapter({ dialect: "postgres", logging: false }) }),
  query: rowsOf,
  async transaction(db, work, end) {
    const transaction = await db.transaction();
    await work((statement) => rowsOf(db, statement, transaction));
    await transaction[end]();
  },
  exceptions: {
    "a cold start sends nothing between the login and the handler's first statement": {
      reason: "Sequelize queries the types of the database once, to parse enums and ranges",
      async instead() {
        const { proxy, invoke } = await createEnvironment(harness, {}, { recordMessages: true });
        await invoke(({ query }) => query("select 1"));
        const statements = proxy.messages().flatMap(({ text }) => text ?? []);
        expect(statements).toEqual([expect.stringMatching(/^WITH ranges AS .* FROM pg_type /), "select 1"]);
      },
    },
  },
  invokeHandler,
  plainMessageTypes: ["Query", "Parse", "Bind", "Describe", "Execute", "Sync"],
};

/** Statements without rows return another type. */
async function rowsOf(db: Sequelize, statement: string, transaction: Transaction | null = null) {
  const [result] = await db.query(statement, { transaction });
  return Array.isArray(result) ? result.map((row) => Object(row)) : [];
}

describeConformance(harness);
