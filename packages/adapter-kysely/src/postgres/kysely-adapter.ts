import { type PgConnection, type PgOptions, pgAdapter } from "@rds-proxy/adapter-pg";
import { type Adapter, checkObject, deriveAdapter } from "@rds-proxy/core";
import { Kysely, type PostgresCursorConstructor, type PostgresPool } from "kysely";
import { checkAdapterOptions, type KyselyOptions } from "../kysely-options.js";
import { Turns } from "../turns.js";
import { closableCursor } from "./closable-cursor.js";
import { PoolDialect } from "./pool-dialect.js";

/** Options of node-postgres and of Kysely; where the database is belongs to the middleware. */
export type KyselyAdapterOptions = PgOptions &
  KyselyOptions & {
    /** The class that `pg-cursor` exports. Only `stream()` needs it. */
    cursor?: PostgresCursorConstructor | undefined;
  };

/**
 * Kysely for the middleware: `context.db` is a Kysely of its own for each invocation, over the one connection that the
 * invocation has. `destroy()` ends the use of this Kysely; the connection stays the middleware's.
 *
 * @throws RdsProxyError for wrong options: here those of Kysely, those of node-postgres when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: kyselyAdapter<DB>() }))
 *   .handler(async (event, { db }) => db.selectFrom("orders").selectAll().execute());
 */
export function kyselyAdapter<DB>(options: KyselyAdapterOptions = {}): Adapter<Kysely<DB>> {
  checkObject("options", options);
  checkAdapterOptions(options);
  const { cursor, plugins, log, ...driverOptions } = options;
  return deriveAdapter(pgAdapter(driverOptions), (connection, resolved, patience) => {
    const turns = new Turns(resolved, patience);
    const dialect = new PoolDialect({
      pool: poolOf(connection, turns),
      ...(cursor && { cursor: closableCursor(cursor) }),
    });
    return {
      db: new Kysely<DB>({ dialect, ...(plugins && { plugins }), ...(log && { log }) }),
      revoke: () => turns.end(),
    };
  });
}

/** What Kysely takes for a pool: one connection, in turns. */
function poolOf(connection: PgConnection, turns: Turns): PostgresPool {
  const client = {
    query: connection.query,
    release(isBroken?: boolean): void {
      connection.release(isBroken);
      turns.pass();
    },
  };
  const pool = {
    // Kysely 0.28 knows nothing of them.
    options: {},
    connect: async () => {
      await turns.take();
      return client;
    },
    end: async () => undefined,
  };
  return pool;
}
