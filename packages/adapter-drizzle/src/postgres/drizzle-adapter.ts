import { type PgConnection, type PgOptions, pgAdapter } from "@rds-proxy/adapter-pg";
import { type Adapter, checkObject, deriveAdapter } from "@rds-proxy/core/adapter";
import { ConnectionTurns } from "@rds-proxy/core/internal";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { checkDrizzleOptions, type DrizzleOptions, TURNS_REMEDY } from "../drizzle-options.js";
import { poolOf } from "./pool-of.js";

/** Options of node-postgres and of Drizzle. The middleware has those of the endpoint. */
export type DrizzleAdapterOptions<Schema extends Record<string, unknown> = Record<string, never>> =
  PgOptions & DrizzleOptions<Schema>;

/** A Drizzle database over an invocation's connection, which is its `$client`. */
export type DrizzleDatabase<Schema extends Record<string, unknown> = Record<string, never>> =
  NodePgDatabase<Schema> & { $client: PgConnection };

/**
 * Drizzle for the middleware: `context.db` is a new Drizzle database for each invocation, over the invocation's one connection.
 *
 * @throws RdsProxyError for wrong options: here those of Drizzle, those of node-postgres when the middleware is created
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
  const { schema, casing, logger, cache, ...driverOptions } = options;
  const config = {
    ...(schema && { schema }),
    ...(casing && { casing }),
    ...(logger && { logger }),
    ...(cache && { cache }),
  };
  return deriveAdapter(pgAdapter(driverOptions), (connection, resolved, waitDeadline) => {
    const turns = new ConnectionTurns(resolved, waitDeadline, TURNS_REMEDY);
    const db = drizzle<Schema>(poolOf(connection, turns), config);
    return { db: Object.assign(db, { $client: connection }), revoke: () => turns.close() };
  });
}
