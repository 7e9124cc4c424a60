import { type PgConnection, type PgOptions, pgAdapter } from "@rds-proxy/adapter-pg";
import { type Adapter, deriveAdapter } from "@rds-proxy/core/adapter";
import { ConnectionTurns } from "@rds-proxy/core/internal";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { databaseFactory } from "../drizzle-internals.js";
import {
  type DrizzleOptions,
  type DrizzleTables,
  type NoTables,
  type OptionOf,
  separateOptions,
  TURNS_REMEDY,
} from "../drizzle-options.js";
import { poolOf } from "./pool-of.js";

type Config = NonNullable<Parameters<typeof drizzle.mock>[0]>;

/** Options of node-postgres and of Drizzle. The middleware has those of the endpoint. */
export type DrizzleAdapterOptions<Tables extends DrizzleTables = NoTables> = PgOptions &
  DrizzleOptions<Tables> & {
    /**
     * drizzle-orm 1.0: how values of PostgreSQL's types are read and written.
     *
     * @default Drizzle's own for node-postgres
     */
    codecs?: OptionOf<Config, "codecs">;
  };

/** A Drizzle database over an invocation's connection, which is its `$client`. */
export type DrizzleDatabase<Tables extends DrizzleTables = NoTables> = NodePgDatabase<Tables> & {
  $client: PgConnection;
};

/**
 * Drizzle for the middleware: `context.db` is a new Drizzle database for each invocation, over the invocation's one connection.
 *
 * @throws RdsProxyError for wrong options: here those of Drizzle, those of node-postgres when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: drizzleAdapter({ schema }) }))
 *   .handler(async (_event, { db }) => db.query.orders.findMany());
 */
export function drizzleAdapter<Tables extends DrizzleTables = NoTables>(
  options: DrizzleAdapterOptions<Tables> = {},
): Adapter<DrizzleDatabase<Tables>> {
  const { config, driverOptions } = separateOptions<PgOptions>(options);
  const createDatabase = databaseFactory<NodePgDatabase<Tables>>(drizzle, config);
  return deriveAdapter(pgAdapter(driverOptions), (connection, resolved, waitDeadline) => {
    const turns = new ConnectionTurns(resolved, waitDeadline, TURNS_REMEDY);
    const db = createDatabase(poolOf(connection, turns));
    return { db: Object.assign(db, { $client: connection }), revoke: () => turns.close() };
  });
}
