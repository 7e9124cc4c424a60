import middy from "@middy/core";
import * as mysql from "@rds-proxy/adapter-drizzle/mysql";
import * as postgres from "@rds-proxy/adapter-drizzle/postgres";
import { rdsProxy } from "@rds-proxy/middleware";
import { defineRelations } from "drizzle-orm";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { expectTypeOf } from "vitest";

// Compiled with drizzle-orm 1.0 by tsconfig.drizzle-1.json.

const orders = pgTable("orders", { id: integer().primaryKey(), customer: text().notNull() });
const relations = defineRelations({ orders });

middy()
  .use(rdsProxy({ adapter: postgres.drizzleAdapter({ relations }) }))
  .handler(async (_event, { db }) => {
    expectTypeOf(await db.query.orders.findMany({ where: { id: 1 } })).toEqualTypeOf<
      { id: number; customer: string }[]
    >();
    // @ts-expect-error no such table
    db.query.customers;
  });
middy()
  .use(rdsProxy({ adapter: postgres.drizzleAdapter() }))
  .handler(async (_event, { db }) => {
    expectTypeOf(await db.select().from(orders)).toEqualTypeOf<{ id: number; customer: string }[]>();
  });

postgres.drizzleAdapter({ jit: true, paramsInErrors: true, logger: true });
mysql.drizzleAdapter({ dateStrings: true, jit: false });
// @ts-expect-error relations are in its place
postgres.drizzleAdapter({ schema: { orders } });
// @ts-expect-error only Drizzle 0.45 has modes
mysql.drizzleAdapter({ mode: "planetscale" });
