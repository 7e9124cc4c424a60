import { type Mysql2Connection, type Mysql2Options, mysql2Adapter } from "@rds-proxy/adapter-mysql2";
import { type Adapter, checkObject, deriveAdapter } from "@rds-proxy/core/adapter";
import { ConnectionTurns } from "@rds-proxy/core/internal";
import { drizzle, type MySql2Database, type MySql2DrizzleConfig } from "drizzle-orm/mysql2";
import type { Pool } from "mysql2/promise";
import { checkDrizzleOptions, type DrizzleOptions, TURNS_REMEDY } from "../drizzle-options.js";
import { poolOf } from "./pool-of.js";

/** Options of mysql2 and of Drizzle. The middleware has those of the endpoint. */
export type DrizzleAdapterOptions<Schema extends Record<string, unknown> = Record<string, never>> =
  Mysql2Options &
    DrizzleOptions<Schema> & {
      /**
       * How relational queries are written: `"planetscale"` without lateral joins, which MariaDB does not have either.
       *
       * @default "default"
       */
      mode?: "default" | "planetscale" | undefined;
    };

/** A Drizzle database over an invocation's connection, which is its `$client`. */
export type DrizzleDatabase<Schema extends Record<string, unknown> = Record<string, never>> =
  MySql2Database<Schema> & { $client: Mysql2Connection };

/**
 * Drizzle for the middleware: `context.db` is a new Drizzle database for each invocation, over the invocation's one connection.
 *
 * @throws RdsProxyError for wrong options: here those of Drizzle, those of mysql2 when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: drizzleAdapter({ schema }) }))
 *   .handler(async (event, { db }) => db.query.orders.findMany());
 */
export function drizzleAdapter<Schema extends Record<string, unknown> = Record<string, never>>(
  options: DrizzleAdapterOptions<Schema> = {},
): Adapter<DrizzleDatabase<Schema>> {
  checkObject("options", options);
  checkDrizzleOptions(options);
  const { schema, mode = "default", casing, logger, cache, ...driverOptions } = options;
  const others = { ...(casing && { casing }), ...(logger && { logger }), ...(cache && { cache }) };
  const config: MySql2DrizzleConfig<Schema> = schema ? { ...others, schema, mode } : { ...others, mode };
  return deriveAdapter(mysql2Adapter(driverOptions), (connection, resolved, waitDeadline) => {
    const turns = new ConnectionTurns(resolved, waitDeadline, TURNS_REMEDY);
    const db = drizzle<Schema, Pool>(poolOf(connection, turns), config);
    return { db: Object.assign(db, { $client: connection }), revoke: () => turns.close() };
  });
}
