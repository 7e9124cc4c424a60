import middy from "@middy/core";
import * as mysql from "@rds-proxy/adapter-kysely/mysql";
import * as postgres from "@rds-proxy/adapter-kysely/postgres";
import type { Adapter } from "@rds-proxy/core/adapter";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyForMysql } from "@rds-proxy/middleware/mysql";
import { CamelCasePlugin, type Generated, Kysely, type MysqlDialect, type PostgresDialect } from "kysely";
import Cursor from "pg-cursor";
import { expectTypeOf } from "vitest";

interface DB {
  orders: { id: Generated<number>; customer: string };
}

// The context's Kysely knows the tables, on either engine and from either entry of the middleware.
middy<{ id: number }>()
  .use(rdsProxy({ adapter: postgres.kyselyAdapter<DB>() }))
  .handler(async ({ id }, { db, awsRequestId }) => {
    expectTypeOf(db).toEqualTypeOf<Kysely<DB>>();
    expectTypeOf(awsRequestId).toEqualTypeOf<string>();
    const orders = await db.selectFrom("orders").select("customer").where("id", "=", id).execute();
    expectTypeOf(orders).toEqualTypeOf<{ customer: string }[]>();
    // @ts-expect-error no such table
    db.selectFrom("customers");
    // @ts-expect-error no such column
    db.selectFrom("orders").select("name");
  });
middy()
  .use(rdsProxyForMysql({ adapter: mysql.kyselyAdapter<DB>({ timezone: "Z" }), contextKey: "orders" }))
  .use(rdsProxy({ adapter: mysql.kyselyAdapter<DB>() }))
  .handler(async (_event, { orders, db }) => {
    expectTypeOf(orders).toEqualTypeOf<Kysely<DB>>();
    expectTypeOf(db).toEqualTypeOf<Kysely<DB>>();
  });

// The adapters take their driver's options and Kysely's.
expectTypeOf(postgres.kyselyAdapter<DB>()).toEqualTypeOf<Adapter<Kysely<DB>>>();
expectTypeOf(mysql.kyselyAdapter<DB>()).toEqualTypeOf<Adapter<Kysely<DB>>>();
postgres.kyselyAdapter<DB>({
  application_name: "orders",
  cursor: Cursor,
  plugins: [new CamelCasePlugin()],
  log: ["query", "error"],
});
mysql.kyselyAdapter<DB>({ dateStrings: true, plugins: undefined, log: ({ level }) => void level });

// The dialects are Kysely's own.
expectTypeOf<postgres.RdsProxyDialect>().toExtend<PostgresDialect>();
expectTypeOf<mysql.RdsProxyDialect>().toExtend<MysqlDialect>();
new Kysely<DB>({
  dialect: new postgres.RdsProxyDialect({ host: "localhost", cursor: Cursor, maxConnections: 2 }),
});
new Kysely<DB>({ dialect: new mysql.RdsProxyDialect({ host: "localhost", maxIdle: 1 }) });
new Kysely<DB>({ dialect: new postgres.RdsProxyDialect(), plugins: [new CamelCasePlugin()], log: ["error"] });

new postgres.RdsProxyDialect({ onCreateConnection: async () => undefined });
mysql.kyselyAdapter<DB>({ onReserveConnection: async (connection) => void connection.executeQuery });
// @ts-expect-error the pool is made from the other options
new mysql.RdsProxyDialect({ pool: undefined });
// @ts-expect-error MySQL streams without it
new mysql.RdsProxyDialect({ cursor: Cursor });
// @ts-expect-error a token is signed, never given
new postgres.RdsProxyDialect({ password: "secret" });
// @ts-expect-error where the server is belongs to the middleware's options
postgres.kyselyAdapter<DB>({ host: "localhost" });
// @ts-expect-error plugins come in an array
mysql.kyselyAdapter<DB>({ plugins: new CamelCasePlugin() });
