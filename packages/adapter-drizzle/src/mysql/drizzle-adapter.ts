import { type Mysql2Connection, type Mysql2Options, mysql2Adapter } from "@rds-proxy/adapter-mysql2";
import { type Adapter, deriveAdapter } from "@rds-proxy/core/adapter";
import { ConnectionTurns } from "@rds-proxy/core/internal";
import { drizzle, type MySql2Database } from "drizzle-orm/mysql2";
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

/** Options of mysql2 and of Drizzle. The middleware has those of the endpoint. */
export type DrizzleAdapterOptions<Tables extends DrizzleTables = NoTables> = Mysql2Options &
  DrizzleOptions<Tables> & {
    /**
     * drizzle-orm 0.45: how relational queries are written: `"planetscale"` without lateral joins, which MariaDB does not have
     * either.
     *
     * @default "default"
     */
    mode?: OptionOf<Config, "mode">;
    /**
     * drizzle-orm 1.0: how values of MySQL's types are read and written.
     *
     * @default Drizzle's own for mysql2
     */
    codecs?: OptionOf<Config, "codecs">;
  };

/** A Drizzle database over an invocation's connection, which is its `$client`. */
export type DrizzleDatabase<Tables extends DrizzleTables = NoTables> = MySql2Database<Tables> & {
  $client: Mysql2Connection;
};

/**
 * Drizzle for the middleware: `context.db` is a new Drizzle database for each invocation, over the invocation's one connection.
 *
 * @throws RdsProxyError for wrong options: here those of Drizzle, those of mysql2 when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: drizzleAdapter({ schema }) }))
 *   .handler(async (_event, { db }) => db.query.orders.findMany());
 */
export function drizzleAdapter<Tables extends DrizzleTables = NoTables>(
  options: DrizzleAdapterOptions<Tables> = {},
): Adapter<DrizzleDatabase<Tables>> {
  const { config, driverOptions } = separateOptions<Mysql2Options>(options, ["mode"]);
  const createDatabase = databaseFactory<MySql2Database<Tables>>(drizzle, { mode: "default", ...config });
  return deriveAdapter(mysql2Adapter(driverOptions), (connection, resolved, waitDeadline) => {
    const turns = new ConnectionTurns(resolved, waitDeadline, TURNS_REMEDY);
    const db = createDatabase(poolOf(connection, turns));
    return { db: Object.assign(db, { $client: connection }), revoke: () => turns.close() };
  });
}
