import { RdsProxyError } from "@rds-proxy/core";
import { defined } from "@rds-proxy/core/internal";
import type { Pool } from "mysql2";
import { type Mysql2PoolOptions, preparePool } from "./pool.js";

/** As much of mysql2 as TypeORM uses. */
export interface TypeormMysql2Driver {
  readonly createPool: (typeormOptions?: object) => Pool;
  readonly createPoolCluster: () => never;
}

/**
 * The option `driver` of TypeORM's `DataSource` of type `mysql` or `mariadb`: mysql2 with the pools of `createPool()`. Options of
 * the `DataSource` for the connection, such as `host`, `username`, `database`, `poolSize` and those in `extra`, apply as well.
 *
 * @param options those of `createPool()`, which precede TypeORM's
 * @example
 * const dataSource = new DataSource({ type: "mysql", driver: typeormDriver(), entities: [Order] });
 */
export function typeormDriver(options: Mysql2PoolOptions = {}): TypeormMysql2Driver {
  return {
    createPool(typeormOptions: Mysql2PoolOptions & { readonly connectionLimit?: number } = {}): Pool {
      const { connectionLimit, ...others } = defined(typeormOptions);
      const size = defined({ maxConnections: connectionLimit });
      return preparePool({ ...others, ...size, ...defined(options) })();
    },
    createPoolCluster(): never {
      throw new RdsProxyError(
        "RDS_PROXY_UNSUPPORTED",
        "replication: not supported on MySQL, where TypeORM uses mysql2's cluster of pools. " +
          "Create a DataSource for the reader's endpoint.",
      );
    },
  };
}
