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
  firstEvent,
  isFitForPool,
  nextTick,
  noFreeConnection,
  type PooledDriver,
  poolEnded,
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

/** Where the database is, plus options of node-postgres. */
export type PgConnectionOptions = RdsProxyOptions & PgOptions;

/**
 * The same, plus options of `pg.Pool`. `idleTimeoutMillis` is 0 by default here: idle connections are kept, since
 * timers do not run while Lambda has frozen the process, and RDS Proxy closes what is idle for too long. Without
 * `idleTimeoutMillis`, `allowExitOnIdle` is true by default: idle connections do not keep a process alive, which with
 * `pg.Pool` they do for 10 s.
 */
export type PgPoolOptions = PgConnectionOptions & PgPoolOnlyOptions;

/**
 * A `pg.Pool` whose every physical connection logs in with a token of its own. Failed connects are retried, a
 * connection that was idle for long is validated before it is handed out, and no error event ends the process.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for anything that could not work, before a connection exists
 * @example
 * const pool = createPool({ host: "my-proxy.proxy-abc.eu-west-1.rds.amazonaws.com", user: "app", database: "shop" });
 * const { rows } = await pool.query("select now()");
 */
export function createPool(options: PgPoolOptions = {}): pg.Pool {
  return preparePool(options)();
}

/**
 * Checks the options at once, and makes a pool whenever one is asked for: for libraries that make their pools late, or more
 * than one.
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
 * Options for a library that takes a `pg.ClientConfig` and no pool, and that may copy it deeply. Each login signs its
 * own token; retries, validation, clean-up and listening to errors are left to whoever uses them.
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

/** However often a server asks for it in one login, which node-postgres tells apart by an object that it passes. */
function tokenPerLogin(options: ResolvedRdsProxyOptions): (login?: object) => Promise<string> {
  const tokens = new WeakMap<object, Promise<string>>();
  return (login = {}) => {
    const token = tokens.get(login) ?? new Login(options).password();
    tokens.set(login, token);
    return token;
  };
}

/** pg.Pool's own words for two errors that it gives no code. */
const WAITED_TOO_LONG = "timeout exceeded when trying to connect";
const POOL_HAS_ENDED = "Cannot use a pool after calling end on the pool";

type ConnectCallback = Parameters<pg.Pool["connect"]>[0];

/** What a hook of the user failed with: an error of theirs, and none of connecting, which would be tried again. */
class FailedHook {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

class RdsProxyPool extends pg.Pool {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #driver: PooledDriver<RdsProxyClient, pg.PoolClient>;
  readonly #acquire: () => Promise<pg.PoolClient | FailedHook>;
  /** Clients that were just connected and need no proof of life. */
  readonly #fresh = new WeakSet<object>();
  /** Clients that are checked out. */
  readonly #lent = new Set<pg.PoolClient>();
  /** Those of them whose connection has ended. */
  readonly #broken = new Set<pg.PoolClient>();
  /** Kept clients that are being checked: their 'acquire' event is emitted when they are handed out. */
  readonly #checked = new Set<pg.PoolClient>();
  /** Rejects each caller for whom pg.Pool had no client at once, the longest waiting first. */
  readonly #queued = new Set<(error: unknown) => void>();
  /** Clients that were never handed out after their check. */
  readonly #unfit = new WeakSet<object>();
  /** What `onConnect` and `verify` failed with, until the pool has passed it on. */
  readonly #hookErrors: Set<unknown>;

  constructor(options: ResolvedRdsProxyOptions, poolOptions: Omit<PgPoolOptions, keyof RdsProxyOptions>) {
    const hookErrors = new Set<unknown>();
    super({
      ...poolOptions,
      ...watchedHooks(poolOptions, hookErrors),
      max: options.maxConnections,
      idleTimeoutMillis: poolOptions.idleTimeoutMillis ?? 0,
      // With pg.Pool's own timeout a process ends 10 s after its last query. Without one it would never end.
      allowExitOnIdle: poolOptions.allowExitOnIdle ?? poolOptions.idleTimeoutMillis === undefined,
      // How long a caller waits for a client; a client's own connect has its limit.
      connectionTimeoutMillis: options.acquireTimeoutMs,
      Client: class extends RdsProxyClient {
        constructor() {
          super(options, poolOptions);
        }
      },
    });
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
        client.release(true);
      },
    });
  }

  /**
   * pg.Pool tells everything by its events. What this class needs to know it sees here, and not as a listener, which
   * users could count, precede or remove.
   */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const client = args[event === "release" ? 1 : 0];
    if (client instanceof RdsProxyClient) {
      if (event === "connect") this.#connected(client);
      else if (event === "acquire") {
        this.#lent.add(client);
        if (!this.#fresh.has(client)) {
          this.#checked.add(client);
          return this.listenerCount(event) > 0;
        }
      } else if (event === "release") {
        this.#lent.delete(client);
        this.#broken.delete(client);
        if (this.#options.sessionState === "discard" && client.session.state.length > 0)
          this.#discard(client);
        if (this.#unfit.has(client)) return this.listenerCount(event) > 0;
        // Returned at once: it has expired, or its caller had given up.
        if (this.#checked.delete(client)) super.emit("acquire", client);
      }
    }
    // An idle client that breaks is removed by pg.Pool; without a listener, its error event must not end the process.
    if (event === "error" && this.listenerCount(event) === 0) return false;
    return super.emit(event, ...args);
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    this.#takeBack();
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
    // On a turn of its own, so that what the callback throws is not taken for a rejection.
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
      // Thrown by a listener.
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

  /** pg.Pool removes what is ending when it is released. */
  #discard(client: RdsProxyClient): void {
    const reason = `session state: ${client.session.state.join(", ")}`;
    emitEvent("discard", this.#options.endpoint, () => ({ reason }));
    client.end().catch(() => client.destroy());
  }

  #takeFreshMark(client: pg.PoolClient): boolean {
    const isFresh = this.#fresh.delete(client);
    // What `onConnect` and listeners to 'connect' set up belongs to the connection.
    if (isFresh && client instanceof RdsProxyClient) client.session.adopt();
    return isFresh;
  }

  #connected(client: pg.PoolClient): void {
    this.#fresh.add(client);
    client.once("end", () => {
      if (!this.#lent.has(client)) return;
      this.#broken.add(client);
      if (this.waitingCount > 0 || this.ending) this.#takeBack();
    });
  }

  /**
   * Libraries may forget a client whose `begin` failed, and its place would be lost for the life of the process. As in
   * any pg.Pool it stays where it is, until its place is needed.
   */
  #takeBack(): void {
    for (const client of this.#broken) {
      this.#broken.delete(client);
      client.release(true);
      // A later release() is a no-op.
      client.release = () => undefined;
    }
  }

  /** pg.Pool forgets who waits when it ends. Callers whose client is being connected still get it, and are no longer queued. */
  #refuseQueued(): void {
    const served = Math.max(0, this.#queued.size - this.waitingCount);
    for (const reject of [...this.#queued].slice(served)) reject(new Error(POOL_HAS_ENDED));
  }

  async #take(deadline: Deadline): Promise<pg.PoolClient | FailedHook> {
    const { endpoint, maxConnections } = this.#options;
    if (this.idleCount === 0 && this.totalCount >= maxConnections) this.#takeBack();
    const { waitingCount } = this;
    const taken = super.connect();
    const { promise, resolve, reject } = Promise.withResolvers<pg.PoolClient>();
    taken.then(resolve, reject);
    if (this.waitingCount > waitingCount) this.#queued.add(reject);
    try {
      return await within(promise, deadline, () =>
        Object.assign(new Error(WAITED_TOO_LONG), { code: "ETIMEDOUT" }),
      );
    } catch (error) {
      // A caller that gave up must not keep what comes later.
      taken.then(
        (late) => {
          // By the time it is handed out, it needs a proof of life like any other.
          this.#fresh.delete(late);
          late.release();
        },
        () => undefined,
      );
      if (this.#hookErrors.delete(error)) return new FailedHook(error);
      const message = error instanceof Error ? error.message : "";
      if (message === WAITED_TOO_LONG && this.#lent.size >= maxConnections) {
        throw noFreeConnection(describeEndpoint(endpoint), maxConnections, error);
      }
      if (message === POOL_HAS_ENDED) throw poolEnded(describeEndpoint(endpoint), error);
      throw error;
    } finally {
      this.#queued.delete(reject);
    }
  }
}

/** The user's hooks of a pool. Their errors are kept apart from those of connecting. */
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
