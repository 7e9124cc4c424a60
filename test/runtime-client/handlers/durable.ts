import type { DurableContext } from "@aws/durable-execution-sdk-js";
import middy from "@middy/core";
import { executionModeDurableContext } from "@middy/core/DurableContext";
import { drizzleAdapter as drizzleOnMysql } from "@rds-proxy/adapter-drizzle/mysql";
import { drizzleAdapter as drizzleOnPostgres } from "@rds-proxy/adapter-drizzle/postgres";
import { kyselyAdapter as kyselyOnMysql } from "@rds-proxy/adapter-kysely/mysql";
import { kyselyAdapter as kyselyOnPostgres } from "@rds-proxy/adapter-kysely/postgres";
import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { type RdsProxyMiddleware, rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyOnMysql } from "@rds-proxy/middleware/mysql";
import { sql as drizzleSql } from "drizzle-orm";
import { type Kysely, sql } from "kysely";
import mysql2 from "mysql2";
import pg from "pg";
import type { Sequelize } from "sequelize";
import type { TestedAdapter } from "../../support/adapters.js";
import { withoutDrizzleErrors } from "../../support/without-drizzle-errors.js";

/** A durable execution: what its first step writes, and how long it is suspended afterwards. */
export interface WriteAndWait {
  readonly table: string;
  readonly seconds: number;
}

/** The handler of each adapter. The variable TEST_ADAPTER chooses one. */
const handlers: Readonly<Record<TestedAdapter["name"], () => object>> = {
  pg: () => durableHandler(rdsProxy(), async (db, statement) => (await db.query(statement)).rows),
  mysql2: () => durableHandler(rdsProxyOnMysql(), async (db, statement) => (await db.query(statement))[0]),
  "kysely-postgres": () => durableHandler(rdsProxy({ adapter: kyselyOnPostgres<unknown>() }), queryKysely),
  "kysely-mysql": () => durableHandler(rdsProxyOnMysql({ adapter: kyselyOnMysql<unknown>() }), queryKysely),
  "drizzle-postgres": () =>
    durableHandler(
      rdsProxy({ adapter: drizzleOnPostgres() }),
      async (db, statement) => (await withoutDrizzleErrors(db.execute(drizzleSql.raw(statement)))).rows,
    ),
  "drizzle-mysql": () =>
    durableHandler(
      rdsProxyOnMysql({ adapter: drizzleOnMysql() }),
      async (db, statement) => (await withoutDrizzleErrors(db.execute(drizzleSql.raw(statement))))[0],
    ),
  "sequelize-postgres": () =>
    durableHandler(
      rdsProxy({ adapter: sequelizeAdapter({ dialect: "postgres", dialectModule: pg, logging: false }) }),
      querySequelize,
    ),
  "sequelize-mysql": () =>
    durableHandler(
      rdsProxyOnMysql({
        adapter: sequelizeAdapter({ dialect: "mysql", dialectModule: mysql2, logging: false }),
      }),
      querySequelize,
    ),
};

const queryKysely = async (db: Kysely<unknown>, statement: string): Promise<unknown> =>
  (await sql.raw(statement).execute(db)).rows;

const querySequelize = async (db: Sequelize, statement: string): Promise<unknown> =>
  (await db.query(statement))[0];

/** Writes a row in a step, leaves another in an open transaction, is suspended, and counts the rows. */
function durableHandler<Db>(
  middleware: RdsProxyMiddleware<"db", Db>,
  query: (db: Db, statement: string) => Promise<unknown>,
): object {
  return middy<WriteAndWait>({ executionMode: executionModeDurableContext })
    .use(middleware)
    .handler(async ({ table, seconds }, context) => {
      const { db } = context;
      const durable: DurableContext = Object(context);
      await durable.step("write", async () => {
        await query(db, `insert into ${table} values (1)`);
      });
      await durable.step("begin", async () => {
        await query(db, "begin");
        await query(db, `insert into ${table} values (2)`);
      });
      await durable.wait("a pause", { seconds });
      return durable.step("look", () => query(db, `select id from ${table}`));
    });
}

function isAdapter(name: string): name is TestedAdapter["name"] {
  return Object.hasOwn(handlers, name);
}

const name = process.env["TEST_ADAPTER"] ?? "";
if (!isAdapter(name)) throw new Error(`TEST_ADAPTER: expected the name of an adapter, got "${name}".`);
export const handler = handlers[name]();
