import type { RdsProxyOptions } from "@rds-proxy/core";
import {
  type ConnectAttempt,
  checkObject,
  type Deadline,
  deadlineIn,
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
  firstEvent,
  isFitForPool,
  nextTick,
  noFreeConnection,
  type PooledDriver,
  poolEnded,
  reportLate,
  sessionStateReason,
} from "@rds-proxy/core/internal";
import pg from "pg";
import { RdsProxyClient } from "./client.js";
import { portableClientConfig } from "./driver/client-config.js";
import { pgDriver } from "./driver/driver.js";
import {
  checkPgOptions,
  PG_OPTION_NAMES,
  PG_POOL_OPTION_NAMES,
  type PgOptions,
  type PgPoolOnlyOptions,
} from "./driver/driver-options.js";
import { internalsOf } from "./driver/pg-internals.js";

/** The endpoint, and options of node-postgres. */
export type PgConnectionOptions = RdsProxyOptions & PgOptions;

/**
 * The same, and options of `pg.Pool`, with two other defaults. `idleTimeoutMillis` is 0, so idle connections are kept: timers do
 * not run while Lambda has frozen the process, and RDS Proxy closes connections that are idle for too long. Unless
 * `idleTimeoutMillis` is set, `allowExitOnIdle` is true: idle connections do not keep the process alive, as they do for 10 s
 * with `pg.Pool`.
 */
export type PgPoolOptions = PgConnectionOptions & PgPoolOnlyOptions;

/**
 * A `pg.Pool` whose physical connections each log in with a fresh token. Failed connects are retried, a connection that was
 * idle for `validateAfterIdleMs` is validated before it is handed out, and no error event ends the process.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for an option that cannot work, before any connection exists
 * @example
 * const pool = createPool({ host: "my-proxy.proxy-abc.eu-west-1.rds.amazonaws.com", user: "app", database: "shop" });
 * const { rows } = await pool.query("select now()");
 */
export function createPool(options: PgPoolOptions = {}): pg.Pool {
  return preparePool(options)();
}

/**
 * Checks the options of `createPool()` now, and returns a function that creates a pool at each call.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function preparePool(options: PgPoolOptions = {}): () => pg.Pool {
  checkObject("options", options);
  const resolved = resolveOptions(options, "postgres");
  const driverOptions = checkPgOptions(
    otherOptions(options),
    [...RDS_PROXY_OPTION_NAMES, ...PG_OPTION_NAMES, ...PG_POOL_OPTION_NAMES],
    resolved,
  );
  return () => new RdsProxyPool(resolved, driverOptions);
}

/**
 * Options for a library that accepts a `pg.ClientConfig` but no pool. It may copy them deeply. Each login signs its own token.
 * There are no retries, no validation, no clean-up and no listener for errors.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function connectionOptions(options: PgConnectionOptions = {}): pg.ClientConfig {
  checkObject("options", options);
  const resolved = resolveOptions(options, "postgres");
  const driverOptions = checkPgOptions(
    otherOptions(options),
    [...RDS_PROXY_OPTION_NAMES, ...PG_OPTION_NAMES],
    resolved,
  );
  return portableClientConfig(resolved, driverOptions, tokenPerLogin(resolved));
}

/** Signs once per login, even if the server asks again. node-postgres passes the same object for the same login. */
function tokenPerLogin(options: ResolvedRdsProxyOptions): (login?: object) => Promise<string> {
  const tokens = new WeakMap<object, Promise<string>>();
  return (login = {}) => {
    const token = tokens.get(login) ?? new Login(options).password();
    tokens.set(login, token);
    return token;
  };
}

/** Messages of pg.Pool's errors, which have no code. */
const WAITED_TOO_LONG = "timeout exceeded when trying to connect";
const POOL_HAS_ENDED = "Cannot use a pool after calling end on the pool";

type ConnectCallback = Parameters<pg.Pool["connect"]>[0];

/** The error of a user's hook, which must not be retried as a failed connect. */
class FailedHook {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * pg.Pool serves its waiting callers only after a removed client is closed on both sides, which never happens if the server has
 * vanished.
 */
const END_TIMEOUT_MS = 1000;

/** Closes the socket of a client that ends, unless the server closes it first. */
function destroyAfter(timeoutMs: number, client: RdsProxyClient, { runtime }: ResolvedRdsProxyOptions): void {
  const { state } = client;
  // node-postgres itself closes the socket of one that is lost or has a query in flight. One with an error has none in flight.
  if (state === "unusable" || state === "busy") return;
  const cancel = deadlineIn(timeoutMs, runtime.clock).whenPassed(() => client.destroy());
  client.once("end", cancel);
}

/** The clients that a pool opens. */
interface Opening {
  /** Those whose login or `onConnect` has not ended, the oldest first. */
  readonly current: Set<RdsProxyClient>;
  /** When their logins began. */
  readonly begunAt: WeakMap<RdsProxyClient, number>;
}

class RdsProxyPool extends pg.Pool {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #driver: PooledDriver<RdsProxyClient, pg.PoolClient>;
  readonly #acquire: () => Promise<pg.PoolClient | FailedHook>;
  /** New clients, which need no validation. */
  readonly #fresh = new WeakSet<object>();
  /** Clients that are checked out. */
  readonly #checkedOut = new Set<pg.PoolClient>();
  /** Checked-out clients whose connection was lost. */
  readonly #lost = new Set<pg.PoolClient>();
  /** Kept clients that are being checked. Their 'acquire' event is emitted when they are handed out. */
  readonly #checked = new Set<pg.PoolClient>();
  /** Rejects each caller for whom pg.Pool had no client at once, the longest waiting first. */
  readonly #queued = new Set<(error: unknown) => void>();
  /** Clients that failed their check and were not handed out. */
  readonly #unfit = new WeakSet<object>();
  readonly #opening: Opening;
  /** Errors of `onConnect` and `verify`, until the pool passes them on. */
  readonly #hookErrors: Set<unknown>;

  constructor(options: ResolvedRdsProxyOptions, poolOptions: Omit<PgPoolOptions, keyof RdsProxyOptions>) {
    const hookErrors = new Set<unknown>();
    const opening: Opening = { current: new Set(), begunAt: new WeakMap() };
    const { clock } = options.runtime;
    super({
      ...poolOptions,
      ...watchedHooks(poolOptions, hookErrors),
      max: options.maxConnections,
      idleTimeoutMillis: poolOptions.idleTimeoutMillis ?? 0,
      // With pg.Pool's own timeout, a process ends 10 s after its last query. Without a timeout it would never end.
      allowExitOnIdle: poolOptions.allowExitOnIdle ?? poolOptions.idleTimeoutMillis === undefined,
      // Limits the wait for a client. `connectTimeoutMs` limits each attempt to connect one.
      connectionTimeoutMillis: options.acquireTimeoutMs,
      Client: class extends RdsProxyClient {
        constructor() {
          super(options, poolOptions);
        }

        override async connectWithin(attempt: ConnectAttempt): Promise<this> {
          opening.current.add(this);
          opening.begunAt.set(this, clock.steadyMs());
          const leave = (): boolean => opening.current.delete(this);
          // For one that `onConnect` refuses. Others leave with the event 'connect'.
          this.once("end", leave);
          return await super.connectWithin(attempt).catch((error: unknown) => {
            leave();
            throw error;
          });
        }

        override end(): Promise<void>;
        override end(callback: () => void): void;
        override end(callback?: () => void): Promise<void> | undefined {
          destroyAfter(END_TIMEOUT_MS, this, options);
          return callback ? void super.end(callback) : super.end();
        }
      },
    });
    this.#opening = opening;
    this.#options = options;
    this.#hookErrors = hookErrors;
    this.#driver = {
      ...pgDriver(RdsProxyClient, options, poolOptions),
      untilIdle: async (client) => {
        while (client.state === "busy" || client.state === "ending") {
          await firstEvent([client, "drain", "error", "end"]);
        }
      },
    };
    this.#acquire = createPoolTaker<pg.PoolClient | FailedHook>(options, {
      take: (deadline) => this.#take(deadline),
      takeFreshMark: (client) => client instanceof FailedHook || this.#takeFreshMark(client),
      isFit: async (client, deadline) =>
        !(client instanceof RdsProxyClient) || isFitForPool(this.#driver, client, deadline, this.#options),
      destroy: (client) => {
        if (client instanceof FailedHook) return;
        this.#checked.delete(client);
        this.#unfit.add(client);
        // First: pg.Pool would send a message on it.
        if (client instanceof RdsProxyClient) client.destroy();
        client.release(true);
      },
    });
  }

  /**
   * Sees the pool's events before its listeners. Users could count, precede or remove a listener of ours.
   */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const client = args[event === "release" ? 1 : 0];
    if (client instanceof RdsProxyClient) {
      if (event === "connect") this.#connected(client);
      else if (event === "acquire") {
        this.#checkedOut.add(client);
        if (!this.#fresh.has(client)) {
          this.#checked.add(client);
          return this.listenerCount(event) > 0;
        }
      } else if (event === "release") {
        this.#checkedOut.delete(client);
        this.#lost.delete(client);
        // It came too late for its caller, and must be validated like any other when it is handed out.
        if (!args[0] && this.#takeFreshMark(client)) this.#reportLate(client);
        if (this.#options.sessionState === "discard" && client.session.state.length > 0)
          this.#discard(client);
        else if (!args[0] && !this.ending) this.#reportKept(client);
        if (this.#unfit.has(client)) return this.listenerCount(event) > 0;
        // It was not handed out: it has expired, or its caller had given up.
        if (this.#checked.delete(client)) super.emit("acquire", client);
      }
    }
    // pg.Pool removes an idle client that loses its connection. Without a listener, its 'error' event would end the process.
    if (this.listenerCount(event) === 0) return false;
    return super.emit(event, ...args);
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    this.#releaseLost();
    this.#refuseQueued();
    if (!callback) return super.end();
    super.end(callback);
    return undefined;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const acquired = this.#handOut();
    if (!callback) return this.#promised(acquired);
    // In a tick of its own, so that an exception of the callback does not become a rejection.
    acquired.then(
      (client) => nextTick(callback, undefined, client, (error?: Error) => client.release(error)),
      (error: Error) => nextTick(callback, error, undefined, () => undefined),
    );
    return undefined;
  }

  async #handOut(): Promise<pg.PoolClient> {
    const client = await this.#acquire();
    if (client instanceof FailedHook) throw client.error;
    try {
      if (this.#checked.delete(client)) super.emit("acquire", client);
    } catch (error) {
      // A listener has thrown.
      client.release();
      throw error;
    }
    return client;
  }

  /** The promise in the class that the option `Promise` names. */
  #promised<T>(promise: Promise<T>): Promise<T> {
    const { Promise: PromiseClass } = internalsOf(this);
    if (PromiseClass === Promise) return promise;
    return new PromiseClass((resolve, reject) => promise.then(resolve, reject));
  }

  /** An open transaction is rolled back before the next use; what stays then is reported after that. */
  #reportKept({ state, session }: RdsProxyClient): void {
    if (state !== "unusable" && state !== "transaction") session.reportKept();
  }

  /** pg.Pool removes what is ending when it is released. */
  #discard(client: RdsProxyClient): void {
    const reason = sessionStateReason(client.session.state);
    emitEvent("discard", this.#options.endpoint, () => ({ reason }));
    client.end().catch(() => client.destroy());
  }

  #takeFreshMark(client: pg.PoolClient): boolean {
    const isFresh = this.#fresh.delete(client);
    // What `onConnect` and listeners to 'connect' set up belongs to the connection.
    if (isFresh && client instanceof RdsProxyClient) client.session.adopt();
    return isFresh;
  }

  #reportLate(client: RdsProxyClient): void {
    const { endpoint, runtime } = this.#options;
    const now = runtime.clock.steadyMs();
    reportLate(endpoint, now - (this.#opening.begunAt.get(client) ?? now));
  }

  #connected(client: RdsProxyClient): void {
    this.#opening.current.delete(client);
    this.#fresh.add(client);
    client.once("end", () => {
      if (!this.#checkedOut.has(client)) return;
      this.#lost.add(client);
      if (this.waitingCount > 0 || this.ending) this.#releaseLost();
    });
  }

  /**
   * A library may never release a client whose `begin` failed. Such a client stays checked out, as in any pg.Pool, until its place
   * is needed.
   */
  #releaseLost(): void {
    for (const client of this.#lost) {
      this.#lost.delete(client);
      client.release(true);
      // A later release() is a no-op.
      client.release = () => undefined;
    }
  }

  /** pg.Pool never answers waiting callers when it ends. It still serves those whose client is being connected. */
  #refuseQueued(): void {
    const served = Math.max(0, this.#queued.size - this.waitingCount);
    for (const reject of [...this.#queued].slice(served)) reject(new Error(POOL_HAS_ENDED));
  }

  async #take(deadline: Deadline): Promise<pg.PoolClient | FailedHook> {
    const { endpoint, maxConnections } = this.#options;
    if (this.idleCount === 0 && this.totalCount >= maxConnections) this.#releaseLost();
    const { waitingCount } = this;
    const { size } = this.#opening.current;
    const taken = super.connect();
    const [opened] = [...this.#opening.current].slice(size);
    const { promise, resolve, reject } = Promise.withResolvers<pg.PoolClient>();
    taken.then(resolve, reject);
    if (this.waitingCount > waitingCount) this.#queued.add(reject);
    try {
      return await within(promise, deadline, () => opened?.timedOut() ?? new Error(WAITED_TOO_LONG));
    } catch (error) {
      // A client that arrives later goes back to the pool.
      taken.then(
        (late) => late.release(),
        (late: unknown) => this.#hookErrors.delete(late),
      );
      if (this.#hookErrors.delete(error)) return new FailedHook(error);
      const message = error instanceof Error ? error.message : "";
      if (message === WAITED_TOO_LONG) {
        // A place that is not in use is being connected, for this caller or for another one.
        const [connecting] = this.#opening.current;
        throw connecting?.timedOut() ?? noFreeConnection(describeEndpoint(endpoint), maxConnections, error);
      }
      if (message === POOL_HAS_ENDED) throw poolEnded(describeEndpoint(endpoint), error);
      throw error;
    } finally {
      this.#queued.delete(reject);
    }
  }
}

/** The user's hooks, which remember their errors. */
function watchedHooks(
  { onConnect, verify }: Pick<PgPoolOptions, "onConnect" | "verify">,
  errors: Set<unknown>,
): Pick<PgPoolOptions, "onConnect" | "verify"> {
  return {
    ...(onConnect && {
      async onConnect(client) {
        try {
          await onConnect(client);
        } catch (error) {
          errors.add(error);
          throw error;
        }
      },
    }),
    ...(verify && {
      verify: (client, done) =>
        verify(client, (error) => {
          if (error) errors.add(error);
          done(error);
        }),
    }),
  };
}
