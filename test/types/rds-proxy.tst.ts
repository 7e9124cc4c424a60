import middy from "@middy/core";
import type { PgConnection } from "@rds-proxy/adapter-pg";
import type { Adapter } from "@rds-proxy/core/adapter";
import { rdsProxy } from "@rds-proxy/middleware";
import middy6 from "middy-6";
import type pg from "pg";
import { expectTypeOf } from "vitest";

// The connection is typed by inference, on Middy 7 and on Middy 6.
middy()
  .use(rdsProxy())
  .handler(async (_event, { db, awsRequestId }) => {
    expectTypeOf(db).toEqualTypeOf<pg.PoolClient>();
    expectTypeOf(awsRequestId).toEqualTypeOf<string>();
    const { rows } = await db.query<{ id: number }>("select 1 as id");
    expectTypeOf(rows).toEqualTypeOf<{ id: number }[]>();
  });
middy6()
  .use(rdsProxy())
  .handler(async (_event, { db }) => {
    expectTypeOf(db).toEqualTypeOf<pg.PoolClient>();
  });

// Under every key, and under several side by side.
middy<{ id: string }>()
  .use(rdsProxy({ contextKey: "orders" }))
  .use(rdsProxy({ contextKey: "stock", host: "localhost" }))
  .handler(async (event, { orders, stock }) => {
    expectTypeOf(event).toEqualTypeOf<{ id: string }>();
    expectTypeOf(orders).toEqualTypeOf<pg.PoolClient>();
    expectTypeOf(stock).toEqualTypeOf<pg.PoolClient>();
  });

// A writer's and a reader's, of the same type.
middy()
  .use(rdsProxy())
  .use(rdsProxy({ targetRole: "read-only", contextKey: "reader" }))
  .handler(async (_event, { db, reader }) => {
    expectTypeOf(db).toEqualTypeOf<pg.PoolClient>();
    expectTypeOf(reader).toEqualTypeOf<pg.PoolClient>();
  });

// As what the adapter gives.
declare const adapter: Adapter<{ readonly answer: 42 }>;
middy()
  .use(rdsProxy({ adapter }))
  .handler(async (_event, { db }) => {
    expectTypeOf(db).toEqualTypeOf<{ readonly answer: 42 }>();
  });

// A connection goes where a node-postgres client is wanted.
expectTypeOf<PgConnection>().toExtend<pg.ClientBase>();

// The two methods for before and after.
expectTypeOf(rdsProxy().warmUp).toEqualTypeOf<() => Promise<void>>();
expectTypeOf(rdsProxy().close).toEqualTypeOf<() => Promise<void>>();

middy()
  .use(rdsProxy())
  .handler(async (_event, context) => {
    // @ts-expect-error the connection is at `db` and nowhere else
    context.database;
    // @ts-expect-error a client has no such method
    context.db.execute("select 1");
  });

// @ts-expect-error an unknown option
rdsProxy({ hostname: "localhost" });
// @ts-expect-error not RDS's own spelling
rdsProxy({ targetRole: "READ_ONLY" });
// @ts-expect-error the port is a number
rdsProxy({ port: "5432" });
// @ts-expect-error nothing switches verification off
rdsProxy({ ssl: { rejectUnauthorized: false } });
// @ts-expect-error a token is signed, never given
rdsProxy({ password: "secret" });
