import type { RdsProxyOptions } from "@rds-proxy/core";
import {
  checkObject,
  type Deadline,
  describeEndpoint,
  Login,
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
  resolveOptions,
  within,
} from "@rds-proxy/core/adapter";
import {
  createPoolTaker,
  emitEvent,
  isFitForPool,
  nextTick,
  noFreeConnection,
  type PooledDriver,
  poolEnded,
} from "@rds-proxy/core/internal";
import {
  type Connection,
  type Pool as CorePool,
  createConnection,
  createPool as createMysqlPool,
  type PoolConnection,
} from "mysql2";
import type { ConnectionOptions, Pool } from "mysql2/promise";
import { createConnectionConfig } from "./driver/connection-config.js";
import { mysql2Driver } from "./driver/driver.js";
import {
  checkMysql2Options,
  MYSQL2_OPTION_NAMES,
  MYSQL2_POOL_OPTION_NAMES,
  type Mysql2Options,
  type Mysql2PoolOnlyOptions,
} from "./driver/driver-options.js";
import type { Mysql2Connection } from "./driver/loan.js";
import { guardPackets } from "./driver/packet-guard.js";
import { MysqlSession } from "./driver/session.js";

/** Where the database is, plus options of mysql2. */
export type Mysql2ConnectionOptions = RdsProxyOptions & Mysql2Options;

/** The same, plus options of mysql2's pool. Idle connections are kept unless `maxIdle` is less than `maxConnections`. */
export type Mysql2PoolOptions = Mysql2ConnectionOptions & Mysql2PoolOnlyOptions;

/**
 * A `mysql2/promise` pool whose every physical connection logs in with a token of its own. Failed connects are retried,
 * a connection that was idle for long is validated before it is handed out, and no error event ends the process.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for anything that could not work, before a connection exists
 * @example
 * const pool = createPool({ host: "my-proxy.proxy-abc.eu-west-1.rds.amazonaws.com", user: "app", database: "shop" });
 * const [rows] = await pool.query("select now()");
 */
export function createPool(options: Mysql2PoolOptions = {}): Pool {
  const { Promise: PromiseClass } = options;
  return preparePool(options)().promise(PromiseClass);
}

/**
 * Checks the options of `createPool` now, for a pool that is made later, and whose methods take callbacks: mysql2's pool
 * starts a timer when it is made with fewer idle connections than connections.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function preparePool(options: Mysql2PoolOptions = {}): () => CorePool {
  checkObject("options", options);
  const resolved = resolveOptions(options, "mysql");
  const driverOptions = checkMysql2Options(otherOptions(options), [
    ...RDS_PROXY_OPTION_NAMES,
    ...MYSQL2_OPTION_NAMES,
    ...MYSQL2_POOL_OPTION_NAMES,
  ]);
  return () => new ResilientPool(resolved, driverOptions).pool;
}

/**
 * Options for a library that takes `mysql2.ConnectionOptions` and no pool, and that may copy them deeply. Each login
 * signs its own token; retries, validation and clean-up are left to whoever uses them.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function connectionOptions(options: Mysql2ConnectionOptions = {}): ConnectionOptions {
  checkObject("options", options);
  const resolved = resolveOptions(options, "mysql");
  const driverOptions = checkMysql2Options(otherOptions(options), [
    ...RDS_PROXY_OPTION_NAMES,
    ...MYSQL2_OPTION_NAMES,
  ]);
  return createConnectionConfig(resolved, driverOptions)(() => new Login(resolved).password());
}

type TakeCallback = Parameters<CorePool["getConnection"]>[0];

/** mysql2's pool with another way to get a connection, which all of its methods go through. */
class ResilientPool {
  readonly pool: CorePool;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #driver: PooledDriver<MysqlSession, Mysql2Connection>;
  /** mysql2's own `getConnection`. */
  readonly #takeFromPool: CorePool["getConnection"];
  /** Callbacks that mysql2's pool queues, each with the login of the secret that was begun for it. */
  readonly #takers = new WeakMap<TakeCallback, Login | undefined>();
  readonly #sessions = new WeakMap<object, MysqlSession>();
  /** Connections that were just opened and need no proof of life. */
  readonly #fresh = new WeakSet<PoolConnection>();
  /** Kept connections that are being checked: their 'acquire' event is emitted when they are handed out. */
  readonly #checked = new WeakSet<PoolConnection>();
  /** Whether mysql2's pool has just queued a caller. */
  #hasEnqueued = false;
  /** Emits 'acquire' to the users of the pool. */
  #emitAcquire: (connection: PoolConnection) => void = () => undefined;
  /** The login of a secret that was begun while mysql2 made a connection. */
  #begunLogin: Login | undefined;

  constructor(options: ResolvedRdsProxyOptions, poolOptions: Omit<Mysql2PoolOptions, keyof RdsProxyOptions>) {
    this.#options = options;
    this.#driver = {
      ...mysql2Driver(createConnection, options, poolOptions),
      stateOf: (session) => session.stateInPool,
      untilIdle: (session) => session.untilIdle(),
    };
    const config = createConnectionConfig(
      options,
      poolOptions,
    )((connection) => this.#beginLogin(connection).password());
    this.pool = createMysqlPool({ ...poolOptions, ...config, connectionLimit: options.maxConnections });
    this.#takeFromPool = this.pool.getConnection.bind(this.pool);
    this.#watchEvents();

    const acquire = createPoolTaker<PoolConnection>(options, {
      take: (deadline) => this.#take(deadline),
      takeFreshMark: (connection) => {
        const isFresh = this.#fresh.delete(connection);
        // What listeners to 'connection' set up belongs to the connection.
        if (isFresh) this.#sessions.get(connection)?.session.adopt();
        return isFresh;
      },
      isFit: async (connection, deadline) => {
        const session = this.#sessions.get(connection);
        return !session || isFitForPool(this.#driver, session, deadline, options);
      },
      destroy: (connection) => this.#destroy(connection),
    });
    if (options.sessionState === "discard") this.#discardChangedSessions();
    this.pool.getConnection = (callback) => {
      // mysql2 serves a queued caller by this method when a connection has left the pool.
      if (this.#takers.has(callback)) return this.#takeFor(callback);
      // On a turn of its own, so that what the callback throws is not taken for a rejection.
      acquire().then(
        (connection) => nextTick(() => this.#handOut(connection, callback)),
        (error: unknown) => nextTick(callback, error),
      );
    };
    const endPool = this.pool.end.bind(this.pool);
    // An error here is that of a connection which broke by itself, or never came to be: the pool has ended all the same.
    // Without a callback mysql2 would throw it, out of reach.
    this.pool.end = (callback) => endPool(() => callback?.(null));
  }

  /**
   * mysql2's pool tells everything by its events. What this class needs to know it sees here, and not as a listener, which
   * users could count, precede or remove.
   */
  #watchEvents(): void {
    const emit = this.pool.emit.bind(this.pool);
    const watch = (event: string | symbol, ...args: unknown[]): boolean => {
      const [connection] = args;
      if (event === "enqueue") this.#hasEnqueued = true;
      else if (isPoolConnection(connection)) {
        if (event === "connection") this.#connected(connection);
        else if (event === "acquire" && !this.#fresh.has(connection)) {
          this.#checked.add(connection);
          return this.pool.listenerCount(event) > 0;
        }
      }
      return emit(event, ...args);
    };
    Object.defineProperty(this.pool, "emit", { value: watch, configurable: true, writable: true });
    this.#emitAcquire = (connection) => emit("acquire", connection);
  }

  /** Closes a connection when it is released with session state that its user left there. */
  #discardChangedSessions(): void {
    const release = this.pool.releaseConnection.bind(this.pool);
    this.pool.releaseConnection = (connection) => {
      const state = this.#sessions.get(connection)?.session.state ?? [];
      if (state.length === 0) return release(connection);
      emitEvent("discard", this.#options.endpoint, () => ({ reason: `session state: ${state.join(", ")}` }));
      this.#destroy(connection);
    };
  }

  #destroy(connection: Pick<PoolConnection, "destroy">): void {
    const session = this.#sessions.get(connection);
    // Takes it out of the pool at once, but would leave a statement in flight without an answer.
    if (session?.stateInPool !== "busy") connection.destroy();
    session?.destroy();
  }

  #connected(connection: PoolConnection): void {
    guardPackets(connection);
    this.#fresh.add(connection);
    this.#sessions.set(connection, new MysqlSession(connection, this.#options));
  }

  #handOut(connection: PoolConnection, callback: TakeCallback): void {
    if (this.#checked.delete(connection)) this.#emitAcquire(connection);
    callback(null, connection);
  }

  /** Ties a login to the error that ends it, so that connects which overlap are not taken for one another. */
  #beginLogin(connection: Connection | undefined): Login {
    const login = new Login(this.#options);
    if (!connection) {
      this.#begunLogin = login;
      return login;
    }
    const note = (error: unknown): void => login.failedWith(error);
    connection.once("error", note);
    connection.once("connect", () => connection.off("error", note));
    return login;
  }

  /** Has mysql2's pool take or open a connection, or queue the callback. */
  #takeFor(callback: TakeCallback): void {
    this.#begunLogin = undefined;
    this.#takeFromPool(callback);
    this.#takers.set(callback, this.#begunLogin);
  }

  /** mysql2 lets callers wait for ever; a caller that gave up must not keep what it gets later. */
  async #take(deadline: Deadline): Promise<PoolConnection> {
    const { endpoint, maxConnections } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<PoolConnection>();
    const callback: TakeCallback = (error, connection) => {
      if (!error) return resolve(connection);
      this.#takers.get(callback)?.failedWith(error);
      return reject(error);
    };
    this.#hasEnqueued = false;
    this.#takeFor(callback);
    const isQueued = this.#hasEnqueued;
    try {
      return await within(promise, deadline, () => {
        promise.then(
          (late) => {
            // By the time it is handed out, it needs a proof of life like any other.
            this.#fresh.delete(late);
            if (this.#checked.delete(late)) this.#emitAcquire(late);
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
      throw poolRefusal(error, this.#options);
    }
  }
}

function isPoolConnection(value: unknown): value is PoolConnection {
  return typeof value === "object" && value !== null && "release" in value;
}

/** What mysql2's pool says without a code, as an error of ours; none of it is worth another try. */
function poolRefusal(error: unknown, { endpoint, maxConnections }: ResolvedRdsProxyOptions): unknown {
  const message = error instanceof Error ? error.message : "";
  if (message === "Queue limit reached." || message === "No connections available.") {
    return noFreeConnection(describeEndpoint(endpoint), maxConnections, error);
  }
  return message === "Pool is closed." ? poolEnded(describeEndpoint(endpoint), error) : error;
}
