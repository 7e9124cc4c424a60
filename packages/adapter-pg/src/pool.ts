import {
  checkObject,
  connectWithRetry,
  type Driver,
  deadlineIn,
  describeEndpoint,
  emitEvent,
  isFitForUse,
  Login,
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type RdsProxyOptions,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core";
import pg from "pg";
import { RdsProxyClient } from "./client.js";
import { clientConfig } from "./client-config.js";
import { pgDriver } from "./driver.js";
import { checkPgOptions, PG_OPTION_NAMES, type PgOptions } from "./driver-options.js";

const POOL_OPTION_NAMES = [
  "min",
  "idleTimeoutMillis",
  "allowExitOnIdle",
  "maxUses",
  "maxLifetimeSeconds",
] as const;

/** Where the database is, plus options of node-postgres. */
export type ConnectionOptions = RdsProxyOptions & PgOptions;

/**
 * The same, plus options of `pg.Pool`. `idleTimeoutMillis` is 0 by default here: idle connections are kept, since
 * timers do not run while Lambda has frozen the process, and RDS Proxy closes what is idle for too long.
 */
export type PoolOptions = ConnectionOptions & Pick<pg.PoolConfig, (typeof POOL_OPTION_NAMES)[number]>;

/**
 * A `pg.Pool` whose every physical connection logs in with a token of its own. Failed connects are retried, a
 * connection that was idle for long is validated before it is handed out, and no error event ends the process.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for anything that could not work, before a connection exists
 * @example
 * const pool = createPool({ host: "my-proxy.proxy-abc.eu-west-1.rds.amazonaws.com", user: "app", database: "shop" });
 * const { rows } = await pool.query("select now()");
 */
export function createPool(options: PoolOptions = {}): pg.Pool {
  checkObject("options", options);
  const resolved = resolveOptions(options, "postgres");
  const driverOptions = checkPgOptions(
    otherOptions(options),
    [...RDS_PROXY_OPTION_NAMES, ...PG_OPTION_NAMES, ...POOL_OPTION_NAMES],
    resolved,
  );
  return new RdsProxyPool(resolved, driverOptions);
}

/**
 * Options for anything that takes a `pg.ClientConfig`: Knex, Drizzle, TypeORM, MikroORM and others. Each login
 * signs its own token; retries, validation and clean-up are left to whoever uses them.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function connectionOptions(options: ConnectionOptions = {}): pg.ClientConfig {
  checkObject("options", options);
  const resolved = resolveOptions(options, "postgres");
  const driverOptions = checkPgOptions(
    otherOptions(options),
    [...RDS_PROXY_OPTION_NAMES, ...PG_OPTION_NAMES],
    resolved,
  );
  return {
    ...clientConfig(resolved, driverOptions, () => new Login(resolved).password()),
    connectionTimeoutMillis: resolved.connectTimeoutMs,
  };
}

type ConnectCallback = Parameters<pg.Pool["connect"]>[0];

class RdsProxyPool extends pg.Pool {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #driver: Driver<RdsProxyClient, pg.PoolClient>;
  /** Clients that were just connected and need no proof of life. */
  readonly #fresh = new WeakSet<object>();

  constructor(options: ResolvedRdsProxyOptions, poolOptions: Omit<PoolOptions, keyof RdsProxyOptions>) {
    super({
      ...poolOptions,
      max: options.maxConnections,
      idleTimeoutMillis: poolOptions.idleTimeoutMillis ?? 0,
      connectionTimeoutMillis: options.connectTimeoutMs,
      Client: class extends RdsProxyClient {
        constructor() {
          super(options, poolOptions);
        }
      },
    });
    this.#options = options;
    this.#driver = pgDriver(options, poolOptions);
    // An idle client that breaks is removed by pg.Pool; its error event must not end the process.
    this.on("error", () => undefined);
    this.on("connect", (client) => this.#fresh.add(client));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const acquired = this.#acquire();
    if (!callback) return acquired;
    acquired.then(
      (client) => callback(undefined, client, (error) => client.release(error)),
      (error: Error) => callback(error, undefined, () => undefined),
    );
    return undefined;
  }

  async #acquire(): Promise<pg.PoolClient> {
    const { acquireTimeoutMs, endpoint, runtime } = this.#options;
    const deadline = deadlineIn(acquireTimeoutMs, runtime.clock);
    for (;;) {
      const { connection, attempts, durationMs } = await connectWithRetry(this.#options, deadline, () =>
        super.connect(),
      );
      if (this.#fresh.delete(connection)) {
        emitEvent("connect", () => ({ endpoint: describeEndpoint(endpoint), attempts, durationMs }));
        return connection;
      }
      if (!(connection instanceof RdsProxyClient)) return connection;
      if (await isFitForUse(this.#driver, connection, deadline, this.#options)) return connection;
      connection.release(true);
    }
  }
}
