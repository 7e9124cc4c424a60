import middy from "@middy/core";
import * as mysql from "@rds-proxy/adapter-drizzle/mysql";
import * as postgres from "@rds-proxy/adapter-drizzle/postgres";
import type { Mysql2Connection } from "@rds-proxy/adapter-mysql2";
import type { PgConnection } from "@rds-proxy/adapter-pg";
import type { Adapter } from "@rds-proxy/core/adapter";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyForMysql } from "@rds-proxy/middleware/mysql";
import { int, mysqlTable, varchar } from "drizzle-orm/mysql-core";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { expectTypeOf } from "vitest";

const pgSchema = { orders: pgTable("orders", { id: integer().primaryKey(), customer: text().notNull() }) };
const mysqlSchema = {
  orders: mysqlTable("orders", { id: int().primaryKey(), customer: varchar({ length: 100 }).notNull() }),
};

// The context's database knows the schema, on either engine and from either entry of the middleware.
middy()
  .use(rdsProxy({ adapter: postgres.drizzleAdapter({ schema: pgSchema }) }))
  .handler(async (_event, { db, awsRequestId }) => {
    expectTypeOf(awsRequestId).toEqualTypeOf<string>();
    expectTypeOf(db).toExtend<NodePgDatabase<typeof pgSchema>>();
    expectTypeOf(db.$client).toEqualTypeOf<PgConnection>();
    expectTypeOf(await db.query.orders.findMany()).toEqualTypeOf<{ id: number; customer: string }[]>();
    // @ts-expect-error no such table
    db.query.customers;
  });
middy()
  .use(rdsProxyForMysql({ adapter: mysql.drizzleAdapter({ schema: mysqlSchema }), contextKey: "orders" }))
  .handler(async (_event, { orders }) => {
    expectTypeOf(orders).toExtend<MySql2Database<typeof mysqlSchema>>();
    expectTypeOf(orders.$client).toEqualTypeOf<Mysql2Connection>();
    expectTypeOf(await orders.query.orders.findFirst()).toEqualTypeOf<
      { id: number; customer: string } | undefined
    >();
  });

// The adapters take their driver's options and Drizzle's.
expectTypeOf(postgres.drizzleAdapter()).toEqualTypeOf<Adapter<postgres.DrizzleDatabase>>();
expectTypeOf(mysql.drizzleAdapter()).toEqualTypeOf<Adapter<mysql.DrizzleDatabase>>();
postgres.drizzleAdapter({ application_name: "orders", casing: "snake_case", logger: true });
mysql.drizzleAdapter({ dateStrings: true, mode: "planetscale", logger: { logQuery: () => undefined } });

// @ts-expect-error only MySQL has modes
postgres.drizzleAdapter({ mode: "planetscale" });
// @ts-expect-error where the server is belongs to the middleware's options
postgres.drizzleAdapter({ host: "localhost" });
// @ts-expect-error the connection is the invocation's
mysql.drizzleAdapter({ client: undefined });
