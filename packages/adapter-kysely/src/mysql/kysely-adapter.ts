import { type MysqlConnection, type MysqlOptions, mysql2Adapter } from "@rds-proxy/adapter-mysql2";
import { type Adapter, checkObject, deriveAdapter } from "@rds-proxy/core";
import { Kysely, type MysqlPool, type MysqlPoolConnection } from "kysely";
import { checkAdapterOptions, type KyselyOptions } from "../kysely-options.js";
import { Turns } from "../turns.js";
import { failStreams } from "./fail-streams.js";
import { PoolDialect } from "./pool-dialect.js";

/** Options of mysql2 and of Kysely; where the database is belongs to the middleware. */
export type KyselyAdapterOptions = MysqlOptions & KyselyOptions;

/**
 * Kysely for the middleware: `context.db` is a Kysely of its own for each invocation, over the one connection that the
 * invocation has. `destroy()` ends the use of this Kysely; the connection stays the middleware's.
 *
 * @throws RdsProxyError for wrong options: here those of Kysely, those of mysql2 when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: kyselyAdapter<DB>() }))
 *   .handler(async (event, { db }) => db.selectFrom("orders").selectAll().execute());
 */
export function kyselyAdapter<DB>(options: KyselyAdapterOptions = {}): Adapter<Kysely<DB>> {
  checkObject("options", options);
  checkAdapterOptions(options);
  const { plugins, log, ...driverOptions } = options;
  return deriveAdapter(mysql2Adapter(driverOptions), (connection, resolved, patience) => {
    const turns = new Turns(resolved, patience);
    const dialect = new PoolDialect({ pool: poolOf(connection, turns) });
    return {
      db: new Kysely<DB>({ dialect, ...(plugins && { plugins }), ...(log && { log }) }),
      revoke: () => turns.end(),
    };
  });
}

/** What Kysely takes for a pool: one connection, in turns. */
function poolOf(connection: MysqlConnection, turns: Turns): MysqlPool {
  // The connection with callbacks below the one with promises, which mysql2's types leave out.
  const lent: MysqlPoolConnection = Reflect.get(connection, "connection");
  // What is written on it stays with the loan.
  lent.release = () => turns.pass();
  failStreams(lent);
  return {
    getConnection(callback) {
      turns.take().then(
        () => callback(null, lent),
        (error: unknown) => callback(error, lent),
      );
    },
    end: (callback) => callback(null),
  };
}
