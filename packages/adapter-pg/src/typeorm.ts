import { defined, refusedOption } from "@rds-proxy/core/internal";
import pg from "pg";
import { createPool, type PgPoolOptions } from "./pool.js";

/** What TypeORM passes to a pool, under node-postgres' names. */
interface TypeormPoolOptions extends PgPoolOptions {
  readonly max?: number;
  readonly connectionString?: string;
}

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
  function Pool(typeormOptions: TypeormPoolOptions = {}): pg.Pool {
    const { max, connectionString, ...others } = defined(typeormOptions);
    if (connectionString !== undefined) {
      throw refusedOption("url", {
        reason: "It may have a password, and a token is signed for each login.",
        remedy: "Set `host`, `port`, `username` and `database`.",
      });
    }
    return createPool({ ...others, ...defined({ maxConnections: max }), ...defined(options) });
  }
  return { Pool, defaults: pg.defaults };
}
