import type { Mysql2PoolOptions } from "@rds-proxy/adapter-mysql2";
import { preparePool } from "@rds-proxy/adapter-mysql2/internal";
import { checkObject } from "@rds-proxy/core/adapter";
import type { ConnectionHooks } from "../connection-hooks.js";
import { checkDialectOptions } from "../kysely-options.js";
import { failStreams } from "./fail-streams.js";
import { PoolDialect } from "./pool-dialect.js";

/** Where the database is, plus options of mysql2, of its pool and of Kysely's dialect. */
export type RdsProxyDialectOptions = Mysql2PoolOptions & ConnectionHooks;

/**
 * Kysely's MySQL dialect over a pool of `@rds-proxy/adapter-mysql2`: every physical connection logs in with a token of
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
    const { onCreateConnection, onReserveConnection, ...poolOptions } = options;
    const createPool = preparePool(poolOptions);
    super(
      {
        // Made with the first query: mysql2's pool may start a timer, and Kysely does not end what it never used.
        pool: async () => createPool().on("connection", failStreams),
      },
      { onCreateConnection, onReserveConnection },
    );
  }
}
