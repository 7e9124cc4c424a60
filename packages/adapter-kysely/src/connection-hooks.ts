import type { SessionState } from "@rds-proxy/core/adapter";
import type { DatabaseConnection, Driver, PostgresDialectConfig } from "kysely";
import type { ConnectionSessions } from "./connection-sessions.js";

/** MySQL's hooks have the same type. Kysely 0.29 also passes options. */
type Hook = NonNullable<PostgresDialectConfig["onCreateConnection"]>;

/** Options of Kysely's dialects that set up connections. Their statements may pin. */
export interface ConnectionHooks {
  /**
   * Called once for each new connection, before its first use.
   *
   * @default none
   */
  onCreateConnection?: Hook | undefined;
  /**
   * Called each time that a connection is acquired.
   *
   * @default none
   */
  onReserveConnection?: Hook | undefined;
}

/** Kysely 0.29 passes them to a driver's `acquireConnection()`; Kysely 0.28 passes nothing. */
export interface AcquireOptions {
  signal?: AbortSignal;
}

type HookWithOptions = (connection: DatabaseConnection, options?: AcquireOptions) => Promise<void>;

/** Calls the hooks for an acquired connection: `onCreateConnection` once for each `identity`. */
export type PrepareConnection<Identity extends object = object> = (
  connection: DatabaseConnection,
  identity: Identity,
  options: AcquireOptions | undefined,
) => Promise<void>;

/**
 * @param sessionOf the session that `onCreateConnection` sets up: what it changes belongs to the connection, and not to the
 *   invocation that opened it
 * @returns undefined without hooks
 */
export function preparingBy<Identity extends object>(
  { onCreateConnection, onReserveConnection }: ConnectionHooks,
  sessionOf: (identity: Identity) => SessionState | undefined,
): PrepareConnection<Identity> | undefined {
  if (!onCreateConnection && !onReserveConnection) return undefined;
  const onCreate: HookWithOptions | undefined = onCreateConnection;
  const onReserve: HookWithOptions | undefined = onReserveConnection;
  const prepared = new WeakSet<object>();
  return async (connection, identity, options) => {
    if (onCreate && !prepared.has(identity)) {
      const create = (): Promise<void> => onCreate(connection, options);
      const session = sessionOf(identity);
      await (session ? session.setUp(create) : create());
      prepared.add(identity);
    }
    await onReserve?.(connection, options);
  };
}

/**
 * Makes a driver call the hooks as Kysely's own drivers do. Those lose the connection when a hook fails; here it goes back to
 * the pool, and a failed `onCreateConnection` is called again before the connection is used.
 */
export function withHooks(driver: Driver, hooks: ConnectionHooks, sessions: ConnectionSessions): Driver {
  const prepare = preparingBy(hooks, (connection: DatabaseConnection) => sessions.of(connection));
  if (!prepare) return driver;
  const acquire: (options?: AcquireOptions) => Promise<DatabaseConnection> =
    driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (options?: AcquireOptions) => {
    const connection = await sessions.follow(() => acquire(options));
    try {
      await prepare(connection, connection, options);
    } catch (error) {
      await driver.releaseConnection(connection);
      throw error;
    }
    return connection;
  };
  return driver;
}
