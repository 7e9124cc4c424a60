import { kyselyAdapter } from "@rds-proxy/adapter-kysely/postgres";
import { createDatabase } from "@rds-proxy/database";
import { createDatabase as createMysqlDatabase } from "@rds-proxy/database/mysql";
import type { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import type { Kysely } from "kysely";
import type mysql from "mysql2/promise";
import type pg from "pg";
import { expectTypeOf } from "vitest";

declare const context: ReturnType<typeof lambdaContext>;
interface Tables {
  orders: { id: number };
}

// What `run` returns is what the function returns, whether or not it is a promise.
const database = createDatabase();
expectTypeOf(database.run((db) => db.query<{ id: number }>("select 1 as id"), { context })).toEqualTypeOf<
  Promise<pg.QueryResult<{ id: number }>>
>();
expectTypeOf(database.run(() => 1 as const)).toEqualTypeOf<Promise<1>>();

// A reader's connection is of the same type.
void createDatabase({ targetRole: "read-only" }).run((db) => {
  expectTypeOf(db).toEqualTypeOf<pg.PoolClient>();
});

// The connection is the entry's driver's, or what the adapter gives.
void database.run((db) => {
  expectTypeOf(db).toEqualTypeOf<pg.PoolClient>();
});
void createMysqlDatabase().run((db) => {
  expectTypeOf(db).toExtend<mysql.Connection>();
});
void createDatabase({ adapter: kyselyAdapter<Tables>() }).run((db) => {
  expectTypeOf(db).toExtend<Kysely<Tables>>();
});

async function block(): Promise<void> {
  await using lease = await database.acquire({ deadline: new Date() });
  expectTypeOf(lease.db).toEqualTypeOf<pg.PoolClient>();
  // @ts-expect-error a lease's connection cannot be replaced
  lease.db = new Object();
}
void block;

// @ts-expect-error the middleware's
createDatabase({ contextKey: "db" });
// @ts-expect-error a duration needs Date.now()
void database.acquire({ deadline: "5s" });
// @ts-expect-error no function
void database.run("select 1");
