import type { PgPoolOptions } from "@rds-proxy/adapter-pg";
import { preparePool } from "@rds-proxy/adapter-pg/internal";
import { checkObject } from "@rds-proxy/core/adapter";
import type { PostgresCursorConstructor } from "kysely";
import type { ConnectionHooks } from "../connection-hooks.js";
import { checkDialectOptions } from "../kysely-options.js";
import { closableCursor } from "./closable-cursor.js";
import { PoolDialect } from "./pool-dialect.js";

/** Where the database is, plus options of node-postgres, of its pool and of Kysely's dialect. */
export type RdsProxyDialectOptions = PgPoolOptions &
  ConnectionHooks & {
    /** The class that `pg-cursor` exports. Only `stream()` needs it. */
    cursor?: PostgresCursorConstructor | undefined;
  };

/**
 * Kysely's PostgreSQL dialect over a pool of `@rds-proxy/adapter-pg`: every physical connection logs in with a token of
 * its own. `destroy()` of the Kysely closes the pool.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for anything that could not work, before a connection exists
 * @example
 * const db = new Kysely<DB>({
 *   dialect: new RdsProxyDialect({ host: "my-proxy.proxy-abc.eu-west-1.rds.amazonaws.com", user: "app" }),
 * });
 */
export class RdsProxyDialect extends PoolDialect {
  constructor(options: RdsProxyDialectOptions = {}) {
    checkObject("options", options);
    checkDialectOptions(options);
    const { cursor, onCreateConnection, onReserveConnection, ...poolOptions } = options;
    const createPool = preparePool(poolOptions);
    super(
      // A pool for each Kysely of this dialect: one that was destroyed has closed its own.
      { pool: async () => createPool(), ...(cursor && { cursor: closableCursor(cursor) }) },
      { onCreateConnection, onReserveConnection },
    );
  }
}
