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
  reportLate,
  sessionStateReason,
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
import type { Mysql2Connection } from "./driver/connection-view.js";
import { mysql2Driver } from "./driver/driver.js";
import {
  checkMysql2Options,
  MYSQL2_OPTION_NAMES,
  MYSQL2_POOL_OPTION_NAMES,
  type Mysql2Options,
  type Mysql2PoolOnlyOptions,
} from "./driver/driver-options.js";
import { internalsOf } from "./driver/mysql2-internals.js";
import { guardPackets } from "./driver/packet-guard.js";
import { PhysicalConnection } from "./driver/physical-connection.js";

/** The endpoint, and options of mysql2. */
export type Mysql2ConnectionOptions = RdsProxyOptions & Mysql2Options;

/** The same, and options of mysql2's pool. Idle connections are kept unless `maxIdle` is less than `maxConnections`. */
export type Mysql2PoolOptions = Mysql2ConnectionOptions & Mysql2PoolOnlyOptions;

/**
 * A `mysql2/promise` pool whose physical connections each log in with a fresh token. Failed connects are retried, a
 * connection that was idle for `validateAfterIdleMs` is validated before it is handed out, and no error event ends the process.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for an option that cannot work, before any connection exists
 * @example
 * const pool = createPool({ host: "my-proxy.proxy-abc.eu-west-1.rds.amazonaws.com", user: "app", database: "shop" });
 * const [rows] = await pool.query("select now()");
 */
export function createPool(options: Mysql2PoolOptions = {}): Pool {
  const { Promise: PromiseClass } = options;
  return preparePool(options)().promise(PromiseClass);
}

/**
 * Checks the options of `createPool()` now, and returns a function that creates the pool, whose methods take callbacks.
 * mysql2's pool may start a timer when it is created.
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
 * Options for a library that accepts `mysql2.ConnectionOptions` but no pool. It may copy them deeply. Each login signs its own
 * token. There are no retries, no validation and no clean-up.
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

/** Message of the error of mysql2's own timer. One of the operating system also names the address. */
const CONNECT_TIMED_OUT = "connect ETIMEDOUT";

type TakeCallback = Parameters<CorePool["getConnection"]>[0];

/** mysql2's pool with another `getConnection()`, which all of its other methods use. */
class ResilientPool {
  readonly pool: CorePool;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #driver: PooledDriver<PhysicalConnection, Mysql2Connection>;
  /** mysql2's own `getConnection`. */
  readonly #takeFromPool: CorePool["getConnection"];
  /** Callbacks that were passed to mysql2's own method, each with the login of the connection that was created for it. */
  readonly #takers = new WeakMap<TakeCallback, Login | undefined>();
  readonly #physical = new WeakMap<object, PhysicalConnection>();
  /** New connections, which need no validation. */
  readonly #fresh = new WeakSet<PoolConnection>();
  /** Kept connections that are being checked. Their 'acquire' event is emitted when they are handed out. */
  readonly #checked = new WeakSet<PoolConnection>();
  /** Whether mysql2's pool has just queued a callback. */
  #hasEnqueued = false;
  /** Emits 'acquire' to the users of the pool. */
  readonly #emitAcquire: (connection: PoolConnection) => void;
  /** The login of the connection that mysql2 creates now, if a secret is used. */
  #nextLogin: Login | undefined;
  /** The first login of each connection, until the server asks for the password. */
  readonly #logins = new WeakMap<object, Login>();

  constructor(options: ResolvedRdsProxyOptions, poolOptions: Omit<Mysql2PoolOptions, keyof RdsProxyOptions>) {
    this.#options = options;
    this.#driver = {
      ...mysql2Driver(createConnection, options, poolOptions),
      stateOf: (physical) => physical.stateInPool,
      untilIdle: (physical) => physical.untilIdle(),
    };
    const config = createConnectionConfig(
      options,
      poolOptions,
    )((connection) => this.#loginOf(connection).password());
    this.pool = createMysqlPool({ ...poolOptions, ...config, connectionLimit: options.maxConnections });
    this.#takeFromPool = this.pool.getConnection.bind(this.pool);
    this.#emitAcquire = this.#watchEvents();

    const acquire = createPoolTaker<PoolConnection>(options, {
      take: (deadline) => this.#take(deadline),
      takeFreshMark: (connection) => this.#takeFreshMark(connection),
      isFit: async (connection, deadline) => {
        const physical = this.#physical.get(connection);
        return !physical || isFitForPool(this.#driver, physical, deadline, options);
      },
      destroy: (connection) => this.#destroy(connection),
    });
    this.#watchReleases();
    this.pool.getConnection = (callback) => {
      // mysql2 calls this method for a queued callback when a connection has left the pool.
      if (this.#takers.has(callback)) return this.#takeFor(callback);
      // In a tick of its own, so that an exception of the callback does not become a rejection.
      acquire().then(
        (connection) => nextTick(() => this.#handOut(connection, callback)),
        (error: unknown) => nextTick(callback, error),
      );
    };
    const endPool = this.pool.end.bind(this.pool);
    // An error here comes from a connection that was lost or never opened. The pool has ended nevertheless. Without a callback,
    // mysql2 would throw the error where it cannot be caught.
    this.pool.end = (callback) => endPool(() => callback?.(null));
  }

  /**
   * Sees the pool's events before its listeners. Users could count, precede or remove a listener of ours.
   *
   * @returns emits 'acquire' to the listeners
   */
  #watchEvents(): (connection: PoolConnection) => void {
    const emit = this.pool.emit.bind(this.pool);
    const watch = (event: string | symbol, ...args: unknown[]): boolean => {
      const [connection] = args;
      if (event === "enqueue") this.#hasEnqueued = true;
      else if (isPoolConnection(connection)) {
        if (event === "connection") this.#connected(connection);
        else if (event === "acquire" && !this.#fresh.has(connection)) {
          this.#checked.add(connection);
          return false;
        }
      }
      return emit(event, ...args);
    };
    Object.defineProperty(this.pool, "emit", { value: watch, configurable: true, writable: true });
    return (connection) => emit("acquire", connection);
  }

  /** Closes or reports a connection that is released with session state that its user left there. */
  #watchReleases(): void {
    const release = this.pool.releaseConnection.bind(this.pool);
    this.pool.releaseConnection = (connection) => {
      const physical = this.#physical.get(connection);
      // mysql2 also calls this for a connection that was taken out of the pool, to serve the next caller in its queue.
      if (!physical || !internalsOf(physical.connection)._pool) return release(connection);
      if (this.#options.sessionState !== "discard") {
        this.#reportKept(physical);
        return release(connection);
      }
      const { state } = physical.session;
      if (state.length === 0) return release(connection);
      emitEvent("discard", this.#options.endpoint, () => ({ reason: sessionStateReason(state) }));
      this.#destroy(connection);
    };
  }

  /** An open transaction is rolled back before the next use; what stays then is reported after that. */
  #reportKept({ stateInPool, session }: PhysicalConnection): void {
    if (stateInPool !== "unusable" && stateInPool !== "transaction") session.reportKept();
  }

  #destroy(connection: Pick<PoolConnection, "destroy">): void {
    const physical = this.#physical.get(connection);
    // Removes it from the pool at once, but would leave a statement in flight without an answer.
    if (physical?.stateInPool !== "busy") connection.destroy();
    physical?.destroy();
  }

  #connected(connection: PoolConnection): void {
    guardPackets(connection);
    this.#fresh.add(connection);
    this.#physical.set(connection, new PhysicalConnection(connection, this.#options));
  }

  #handOut(connection: PoolConnection, callback: TakeCallback): void {
    if (this.#checked.delete(connection)) this.#emitAcquire(connection);
    callback(null, connection);
  }

  #takeFreshMark(connection: PoolConnection): boolean {
    const isFresh = this.#fresh.delete(connection);
    // What listeners to 'connection' set up belongs to the connection.
    if (isFresh) this.#physical.get(connection)?.session.adopt();
    return isFresh;
  }

  /** A connection whose user is changed logs in again. */
  #loginOf(connection: Connection | undefined): Login {
    if (connection) {
      const login = this.#logins.get(connection);
      this.#logins.delete(connection);
      return login ?? new Login(this.#options);
    }
    this.#nextLogin ??= new Login(this.#options);
    return this.#nextLogin;
  }

  /** mysql2's pool takes or opens a connection, or queues the callback. */
  #takeFor(callback: TakeCallback): void {
    const { _allConnections } = internalsOf(this.pool);
    const count = _allConnections.length;
    this.#nextLogin = undefined;
    this.#takeFromPool(callback);
    const opened =
      _allConnections.length > count ? _allConnections.get(_allConnections.length - 1) : undefined;
    const login = opened && (this.#nextLogin ?? new Login(this.#options));
    if (login) {
      login.follow(() => internalsOf(opened).stream);
      this.#logins.set(opened, login);
    }
    this.#takers.set(callback, login);
  }

  /** mysql2's pool has no deadline. A connection that arrives after it goes back to the pool. */
  async #take(deadline: Deadline): Promise<PoolConnection> {
    const { endpoint, maxConnections, runtime } = this.#options;
    const askedAt = runtime.clock.steadyMs();
    const { promise, resolve, reject } = Promise.withResolvers<PoolConnection>();
    const callback: TakeCallback = (error, connection) => {
      if (!error) return resolve(connection);
      const login = this.#takers.get(callback);
      if (login && error.message === CONNECT_TIMED_OUT) return reject(login.timedOut());
      login?.failedWith(error);
      return reject(error);
    };
    this.#hasEnqueued = false;
    this.#takeFor(callback);
    const isQueued = this.#hasEnqueued;
    try {
      return await within(promise, deadline, () => {
        promise.then(
          (late) => {
            if (this.#takeFreshMark(late)) reportLate(endpoint, runtime.clock.steadyMs() - askedAt);
            if (this.#checked.delete(late)) this.#emitAcquire(late);
            late.release();
          },
          () => undefined,
        );
        const login = this.#takers.get(callback);
        if (isQueued && !login) return noFreeConnection(describeEndpoint(endpoint), maxConnections);
        return (login ?? new Login(this.#options)).timedOut();
      });
    } catch (error) {
      throw poolRefusal(error, this.#options);
    }
  }
}

function isPoolConnection(value: unknown): value is PoolConnection {
  return typeof value === "object" && value !== null && "release" in value;
}

/** Errors of mysql2's pool that have no code, as errors of this library. They are not retried. */
function poolRefusal(error: unknown, { endpoint, maxConnections }: ResolvedRdsProxyOptions): unknown {
  const message = error instanceof Error ? error.message : "";
  if (message === "Queue limit reached." || message === "No connections available.") {
    return noFreeConnection(describeEndpoint(endpoint), maxConnections, error);
  }
  return message === "Pool is closed." ? poolEnded(describeEndpoint(endpoint), error) : error;
}
