import type { Adapter } from "@rds-proxy/core/adapter";
import { type Runtime, systemRuntime } from "@rds-proxy/core/internal";
import { EnvironmentDatabase } from "./environment-database.js";
import { Caller, type LeaseOptions } from "./lease-options.js";
import type { LifeCycle } from "./life-cycle.js";
import { type DatabaseOptions, resolveDatabaseOptions } from "./options.js";

/** One use of a connection, which nothing else uses meanwhile. */
export interface DatabaseLease<Db> extends AsyncDisposable {
  /** The driver's connection or the ORM's object. Every use fails with `RDS_PROXY_LEASE_ENDED` once the lease has ended. */
  readonly db: Db;
  /**
   * Ends the lease: an idle connection is kept, an open transaction is rolled back, and a connection in any other state is
   * closed. `await using` calls it. Later calls do nothing.
   */
  release(): Promise<void>;
  /** Ends the lease and closes the connection at once, with whatever runs on it. */
  destroy(): void;
}

/** The database behind RDS Proxy, for the process: it opens, keeps and closes the connections. */
export interface Database<Db> extends LifeCycle {
  /**
   * Acquires a connection, calls `work` with it, and ends the lease when its result is there. Calls that run at the same time
   * have a connection each; with `maxConnections` 1, the default, the second waits until the first has ended, so that a call
   * inside another one's `work` would wait in vain.
   *
   * @returns what `work` returns, or its error, unchanged
   * @throws RdsProxyError if there is no connection in time
   */
  run<Result>(work: (db: Db) => Result | PromiseLike<Result>, options?: LeaseOptions): Promise<Result>;
  /**
   * Acquires a connection for longer than a function: `await using lease = await database.acquire({ context })`.
   *
   * @throws RdsProxyError if there is no connection in time
   */
  acquire(options?: LeaseOptions): Promise<DatabaseLease<Db>>;
}

/** @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` */
export function databaseOf<Db>(
  options: DatabaseOptions<Db>,
  defaultAdapter: Adapter<Db>,
  runtime: Runtime = systemRuntime,
): Database<Db> {
  const environment = new EnvironmentDatabase<Db, Caller>(
    resolveDatabaseOptions(options, defaultAdapter, runtime),
    () => false,
  );
  const { clock } = runtime;

  async function acquire(leaseOptions: LeaseOptions = {}): Promise<DatabaseLease<Db>> {
    const caller = new Caller(leaseOptions);
    const { db } = await environment.acquire(caller, caller.timeBudget(clock));
    const release = (): Promise<void> => environment.release(caller, caller.timeBudget(clock));
    return {
      db,
      release,
      destroy: () => environment.destroy(caller, "destroyed by its user"),
      [Symbol.asyncDispose]: release,
    };
  }

  return {
    acquire,
    async run(work, leaseOptions) {
      if (typeof work !== "function") {
        throw new TypeError(`work: expected a function, received a value of type ${typeof work}`);
      }
      const lease = await acquire(leaseOptions);
      try {
        return await work(lease.db);
      } finally {
        await lease.release();
      }
    },
    warmUp: () => environment.warmUp(),
    beforeSnapshot: () => environment.beforeSnapshot(),
    afterRestore: () => environment.afterRestore(),
    close: () => environment.close(),
  };
}
