import middy from "@middy/core";
import {
  connectionOptions,
  createPool,
  type Mysql2Connection,
  mysql2Adapter,
} from "@rds-proxy/adapter-mysql2";
import { pgAdapter } from "@rds-proxy/adapter-pg";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import middy6 from "middy-6";
import callbacks from "mysql2";
import mysql, { type Connection, type Pool, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import type pg from "pg";
import { expectTypeOf } from "vitest";

interface OrderRow extends RowDataPacket {
  id: number;
}

// The connection is typed by inference, on Middy 7 and on Middy 6.
middy<{ id: number }>()
  .use(rdsProxy())
  .handler(async ({ id }, { db, awsRequestId }) => {
    expectTypeOf(db).toEqualTypeOf<Connection>();
    expectTypeOf(awsRequestId).toEqualTypeOf<string>();
    const [rows] = await db.query<OrderRow[]>("select id from orders where id = ?", [id]);
    expectTypeOf(rows).toEqualTypeOf<OrderRow[]>();
    const [{ affectedRows }] = await db.execute<ResultSetHeader>("delete from orders where id = ?", [id]);
    expectTypeOf(affectedRows).toEqualTypeOf<number>();
    await db.beginTransaction();
    await db.commit();
    await db.rollback();
  });
middy6()
  .use(rdsProxy())
  .handler(async (_event, { db }) => {
    expectTypeOf(db).toEqualTypeOf<Connection>();
  });

// Under every key, and under several side by side; another adapter's connection is that adapter's.
middy()
  .use(rdsProxy({ contextKey: "orders" }))
  .use(rdsProxy({ contextKey: "stock", adapter: mysql2Adapter({ timezone: "Z" }) }))
  .use(rdsProxy({ contextKey: "people", adapter: pgAdapter() }))
  .handler(async (_event, { orders, stock, people }) => {
    expectTypeOf(orders).toEqualTypeOf<Connection>();
    expectTypeOf(stock).toEqualTypeOf<Connection>();
    expectTypeOf(people).toEqualTypeOf<pg.PoolClient>();
  });

// A connection, a pool and options go where mysql2's own are wanted.
expectTypeOf<Mysql2Connection>().toEqualTypeOf<Connection>();
expectTypeOf(createPool()).toEqualTypeOf<Pool>();
expectTypeOf(connectionOptions()).toEqualTypeOf<mysql.ConnectionOptions>();
expectTypeOf(mysql.createConnection(connectionOptions())).toEqualTypeOf<Promise<Connection>>();
expectTypeOf(callbacks.createConnection(connectionOptions())).toEqualTypeOf<callbacks.Connection>();
mysql.createPool({ ...connectionOptions(), connectionLimit: 2 });
createPool({ host: "localhost", namedPlaceholders: true, maxIdle: 1, idleTimeout: 60_000, queueLimit: 10 });
connectionOptions({ host: "localhost", dateStrings: ["DATE"], multipleStatements: true });
createPool({
  ssl: "Amazon RDS",
  flags: ["-FOUND_ROWS"],
  gracefulEnd: true,
  waitForConnections: false,
  Promise,
});
connectionOptions({ ssl: { rejectUnauthorized: true, verifyIdentity: true, minVersion: "TLSv1.3" } });
mysql2Adapter({ charset: "utf8mb4", connectAttributes: { program_name: "orders" } });

// The two methods for before and after.
expectTypeOf(rdsProxy().warmUp).toEqualTypeOf<() => Promise<void>>();
expectTypeOf(rdsProxy().close).toEqualTypeOf<() => Promise<void>>();

middy()
  .use(rdsProxy())
  .handler(async (_event, context) => {
    // @ts-expect-error the connection is at `db` and nowhere else
    context.database;
    // @ts-expect-error a result is a pair of rows and fields
    (await context.db.query("select 1")).rows;
    // @ts-expect-error a promise is returned, no callback is taken
    context.db.query("select 1", [], () => undefined);
  });

// @ts-expect-error an unknown option
rdsProxy({ hostname: "localhost" });
// @ts-expect-error the port is a number
rdsProxy({ port: "3306" });
// @ts-expect-error nothing switches verification off
rdsProxy({ ssl: { rejectUnauthorized: false } });
// @ts-expect-error a token is signed, never given
rdsProxy({ password: "secret" });
// @ts-expect-error mysql2's own options go to the adapter
rdsProxy({ timezone: "Z" });
// @ts-expect-error a token is signed, never given
createPool({ password: "secret" });
// @ts-expect-error the plugin that sends the token is this package's own
connectionOptions({ authPlugins: {} });
// @ts-expect-error RDS Proxy does not speak the compressed protocol
createPool({ compress: true });
// @ts-expect-error the size of the pool is `maxConnections`
createPool({ connectionLimit: 10 });
// @ts-expect-error another profile of roots
createPool({ ssl: "Amazon Aurora" });
// @ts-expect-error only a pool has them
connectionOptions({ maxIdle: 1 });
// @ts-expect-error where the server is belongs to the middleware's options
mysql2Adapter({ host: "localhost" });
