import type { Mysql2PoolOptions } from "@rds-proxy/adapter-mysql2";
import { preparePool } from "@rds-proxy/adapter-mysql2/internal";
import { checkObject } from "@rds-proxy/core/adapter";
import type { ConnectionHooks } from "../connection-hooks.js";
import { checkDialectOptions } from "../kysely-options.js";
import { PoolDialect } from "./pool-dialect.js";

/** The endpoint, and options of mysql2, of its pool and of Kysely's dialect. */
export type RdsProxyDialectOptions = Mysql2PoolOptions & ConnectionHooks;

/**
 * Kysely's MySQL dialect over a pool of `@rds-proxy/adapter-mysql2`, whose physical connections each log in with a fresh token.
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
    const { onCreateConnection, onReserveConnection, ...poolOptions } = options;
    const createPool = preparePool(poolOptions);
    super(createPool, { onCreateConnection, onReserveConnection });
  }
}
