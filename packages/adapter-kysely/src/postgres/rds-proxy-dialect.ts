import type { PgPoolOptions } from "@rds-proxy/adapter-pg";
import { preparePool } from "@rds-proxy/adapter-pg/internal";
import { checkObject } from "@rds-proxy/core/adapter";
import type { PostgresCursorConstructor } from "kysely";
import type { ConnectionHooks } from "../connection-hooks.js";
import { checkDialectOptions } from "../kysely-options.js";
import { closableCursor } from "./closable-cursor.js";
import { PoolDialect } from "./pool-dialect.js";

/** The endpoint, and options of node-postgres, of its pool and of Kysely's dialect. */
export type RdsProxyDialectOptions = PgPoolOptions &
  ConnectionHooks & {
    /**
     * The class that `pg-cursor` exports. Only `stream()` needs it.
     *
     * @default none
     */
    cursor?: PostgresCursorConstructor | undefined;
  };

/**
 * Kysely's PostgreSQL dialect over a pool of `@rds-proxy/adapter-pg`, whose physical connections each log in with a fresh token.
 * `destroy()` of the Kysely instance closes the pool.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for an option that cannot work, before any connection exists
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
    super(createPool, cursor && closableCursor(cursor), { onCreateConnection, onReserveConnection });
  }
}
