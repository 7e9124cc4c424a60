import { defined } from "@rds-proxy/core/internal";
import pg from "pg";
import { createPool, type PgPoolOptions } from "./pool.js";

/** As much of node-postgres as TypeORM uses. */
export interface TypeormPgDriver {
  /** A constructor, which TypeORM calls with its options for a pool. */
  readonly Pool: (typeormOptions?: object) => pg.Pool;
  readonly defaults: typeof pg.defaults;
}

/**
 * The option `driver` of TypeORM's `DataSource` of type `postgres`: node-postgres with the pools of `createPool()`. Options of the
 * `DataSource` for the connection, such as `host`, `username`, `database`, `poolSize` and those in `extra`, apply as well.
 *
 * @param options those of `createPool()`, which precede TypeORM's
 * @example
 * const dataSource = new DataSource({ type: "postgres", driver: typeormDriver(), entities: [Order] });
 */
export function typeormDriver(options: PgPoolOptions = {}): TypeormPgDriver {
  function Pool(typeormOptions: PgPoolOptions & { readonly max?: number } = {}): pg.Pool {
    const { max, ...others } = defined(typeormOptions);
    return createPool({ ...others, ...defined({ maxConnections: max }), ...defined(options) });
  }
  return { Pool, defaults: pg.defaults };
}
