import type { DatabaseConnection, Driver, PostgresDialectConfig } from "kysely";

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
 * @param onCreated called after `onCreateConnection`
 * @returns undefined without hooks
 */
export function preparingBy<Identity extends object>(
  { onCreateConnection, onReserveConnection }: ConnectionHooks,
  onCreated?: (identity: Identity) => void,
): PrepareConnection<Identity> | undefined {
  if (!onCreateConnection && !onReserveConnection) return undefined;
  const onCreate: HookWithOptions | undefined = onCreateConnection;
  const onReserve: HookWithOptions | undefined = onReserveConnection;
  const prepared = new WeakSet<object>();
  return async (connection, identity, options) => {
    if (onCreate && !prepared.has(identity)) {
      await onCreate(connection, options);
      prepared.add(identity);
      onCreated?.(identity);
    }
    await onReserve?.(connection, options);
  };
}

/**
 * Makes a driver call the hooks as Kysely's own drivers do. Those lose the connection when a hook fails; here it goes back to
 * the pool, and a failed `onCreateConnection` is called again before the connection is used.
 */
export function withHooks(driver: Driver, hooks: ConnectionHooks): Driver {
  const prepare = preparingBy(hooks);
  if (!prepare) return driver;
  const acquire: (options?: AcquireOptions) => Promise<DatabaseConnection> =
    driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (options?: AcquireOptions) => {
    const connection = await acquire(options);
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
