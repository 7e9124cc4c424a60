import {
  acquireFromPool,
  checkObject,
  type Deadline,
  type Driver,
  describeEndpoint,
  isFitForUse,
  Login,
  noFreeConnection,
  otherOptions,
  poolEnded,
  RDS_PROXY_OPTION_NAMES,
  type RdsProxyOptions,
  type ResolvedRdsProxyOptions,
  resolveOptions,
  within,
} from "@rds-proxy/core";
import {
  type Pool as CorePool,
  createConnection,
  createPool as createMysqlPool,
  type PoolConnection,
} from "mysql2";
import type { ConnectionOptions as MysqlConnectionOptions, Pool } from "mysql2/promise";
import { createConnectionConfig } from "./driver/connection-config.js";
import { mysqlDriver } from "./driver/driver.js";
import {
  checkMysqlOptions,
  MYSQL_OPTION_NAMES,
  MYSQL_POOL_OPTION_NAMES,
  type MysqlOptions,
  type MysqlPoolOptions,
} from "./driver/driver-options.js";
import type { MysqlConnection } from "./driver/loan.js";
import { guardPackets } from "./driver/packet-guard.js";
import { MysqlSession } from "./driver/session.js";

/** Where the database is, plus options of mysql2. */
export type ConnectionOptions = RdsProxyOptions & MysqlOptions;

/** The same, plus options of mysql2's pool. Idle connections are kept unless `maxIdle` is less than `maxConnections`. */
export type PoolOptions = ConnectionOptions & MysqlPoolOptions;

/**
 * A `mysql2/promise` pool whose every physical connection logs in with a token of its own. Failed connects are retried,
 * a connection that was idle for long is validated before it is handed out, and no error event ends the process.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for anything that could not work, before a connection exists
 * @example
 * const pool = createPool({ host: "my-proxy.proxy-abc.eu-west-1.rds.amazonaws.com", user: "app", database: "shop" });
 * const [rows] = await pool.query("select now()");
 */
export function createPool(options: PoolOptions = {}): Pool {
  return preparePool(options)().promise();
}

/**
 * Checks the options of `createPool` now, for a pool that is made later, and whose methods take callbacks: mysql2's pool
 * starts a timer when it is made with fewer idle connections than connections.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function preparePool(options: PoolOptions = {}): () => CorePool {
  checkObject("options", options);
  const resolved = resolveOptions(options, "mysql");
  const driverOptions = checkMysqlOptions(otherOptions(options), [
    ...RDS_PROXY_OPTION_NAMES,
    ...MYSQL_OPTION_NAMES,
    ...MYSQL_POOL_OPTION_NAMES,
  ]);
  return () => new ResilientPool(resolved, driverOptions).pool;
}

/**
 * Options for a library that takes `mysql2.ConnectionOptions` and no pool, and that may copy them deeply. Each login
 * signs its own token; retries, validation and clean-up are left to whoever uses them.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function connectionOptions(options: ConnectionOptions = {}): MysqlConnectionOptions {
  checkObject("options", options);
  const resolved = resolveOptions(options, "mysql");
  const driverOptions = checkMysqlOptions(otherOptions(options), [
    ...RDS_PROXY_OPTION_NAMES,
    ...MYSQL_OPTION_NAMES,
  ]);
  return createConnectionConfig(resolved, driverOptions)(() => new Login(resolved).password());
}

/** mysql2's pool with another way to get a connection, which all of its methods go through. */
class ResilientPool {
  readonly pool: CorePool;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #driver: Driver<MysqlSession, MysqlConnection>;
  readonly #sessions = new WeakMap<PoolConnection, MysqlSession>();
  /** Connections that were just opened and need no proof of life. */
  readonly #fresh = new WeakSet<PoolConnection>();
  #lastLogin: Login | undefined;

  constructor(options: ResolvedRdsProxyOptions, poolOptions: Omit<PoolOptions, keyof RdsProxyOptions>) {
    this.#options = options;
    this.#driver = mysqlDriver(createConnection, options, poolOptions);
    const config = createConnectionConfig(
      options,
      poolOptions,
    )(() => {
      this.#lastLogin = new Login(options);
      return this.#lastLogin.password();
    });
    this.pool = createMysqlPool({ ...poolOptions, ...config, connectionLimit: options.maxConnections });
    this.pool.on("connection", (connection) => {
      guardPackets(connection);
      this.#fresh.add(connection);
      this.#sessions.set(connection, new MysqlSession(connection, options));
    });

    const takeFromPool = this.pool.getConnection.bind(this.pool);
    this.pool.getConnection = (callback) => {
      // On a turn of its own, so that what the callback throws is not taken for a rejection.
      this.#acquire(takeFromPool).then(
        (connection) => process.nextTick(callback, null, connection),
        (error: unknown) => process.nextTick(callback, error),
      );
    };
    const endPool = this.pool.end.bind(this.pool);
    // An error here is that of a connection which broke by itself, or never came to be: the pool has ended all the same.
    // Without a callback mysql2 would throw it, out of reach.
    this.pool.end = (callback) => endPool(() => callback?.(null));
  }

  #acquire(takeFromPool: CorePool["getConnection"]): Promise<PoolConnection> {
    return acquireFromPool<PoolConnection>(this.#options, {
      take: (deadline) => this.#take(takeFromPool, deadline),
      wasJustOpened: (connection) => this.#fresh.delete(connection),
      isFit: async (connection, deadline) => {
        const session = this.#sessions.get(connection);
        return !session || isFitForUse(this.#driver, session, deadline, this.#options);
      },
      destroy: (connection) => this.#sessions.get(connection)?.destroy(),
    });
  }

  /** mysql2 lets callers wait for ever; one who gave up must not keep what it gets later. */
  async #take(takeFromPool: CorePool["getConnection"], deadline: Deadline): Promise<PoolConnection> {
    const { endpoint, maxConnections } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<PoolConnection>();
    let isQueued = false;
    const noteQueue = (): void => {
      isQueued = true;
    };
    this.pool.once("enqueue", noteQueue);
    takeFromPool((error, connection) => (error ? reject(error) : resolve(connection)));
    this.pool.off("enqueue", noteQueue);
    try {
      return await within(promise, deadline, () => {
        promise.then(
          (late) => {
            // By the time somebody gets it, it needs a proof of life like any other.
            this.#fresh.delete(late);
            late.release();
          },
          () => undefined,
        );
        if (isQueued) return noFreeConnection(describeEndpoint(endpoint), maxConnections);
        return Object.assign(new Error("the server did not complete the login in time"), {
          code: "ETIMEDOUT",
        });
      });
    } catch (error) {
      this.#lastLogin?.failedWith(error);
      throw poolRefusal(error, this.#options);
    }
  }
}

/** What mysql2's pool says without a code, as an error of ours; none of it is worth another try. */
function poolRefusal(error: unknown, { endpoint, maxConnections }: ResolvedRdsProxyOptions): unknown {
  const message = error instanceof Error ? error.message : "";
  if (message === "Queue limit reached.") {
    return noFreeConnection(describeEndpoint(endpoint), maxConnections, error);
  }
  return message === "Pool is closed." ? poolEnded(describeEndpoint(endpoint), error) : error;
}
