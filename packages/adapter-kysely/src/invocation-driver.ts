import type { ConnectionTurns } from "@rds-proxy/core/internal";
import type { DatabaseConnection, Driver } from "kysely";
import type { AcquireOptions } from "./connection-hooks.js";
import { withoutCancelling } from "./without-cancelling.js";

/** Prepares the invocation's connection each time that it is acquired. */
export type PrepareOwn =
  | ((connection: DatabaseConnection, options: AcquireOptions | undefined) => Promise<void>)
  | undefined;

/** Kysely's name for this step of a query. */
const ACQUIRE = "acquireConnection:acquire";

/**
 * A driver for one invocation. Its users take turns on its only connection; Kysely's own driver for the engine sends the
 * statements.
 */
export class InvocationDriver implements Required<Driver> {
  readonly #driver: Required<Driver>;
  readonly #turns: ConnectionTurns;
  readonly #prepare: PrepareOwn;
  #connection: Promise<DatabaseConnection> | undefined;
  #isDestroyed = false;
  /**
   * Whether Kysely's own wrapper for its log observes the signals. If this driver also did, an abort would print that acquiring
   * the connection "failed".
   */
  isWatched = false;

  /**
   * @param driver Kysely's own, over a pool whose only connection is the invocation's
   * @param prepare called each time that the connection is acquired
   */
  constructor(driver: Required<Driver>, turns: ConnectionTurns, prepare: PrepareOwn) {
    this.#driver = withoutCancelling(driver);
    this.#turns = turns;
    this.#prepare = prepare;
  }

  async init(): Promise<void> {
    // Only a Kysely with a log calls it, so the first query initialises the driver instead.
  }

  async acquireConnection(options?: AcquireOptions): Promise<DatabaseConnection> {
    // Kysely's own message.
    if (this.#isDestroyed) throw new Error("driver has already been destroyed");
    const signal = this.isWatched ? undefined : options?.signal;
    const step = this.#connection ? ACQUIRE : "init";
    throwIfAborted(signal, `before ${step}`);
    this.#connection ??= this.#connect();
    const connection = await this.#connection;
    throwIfAborted(signal, `during ${step}`);
    try {
      await this.#turns.acquire(signal);
    } catch (error) {
      if (error === signal?.reason) noteTiming(error, `during ${ACQUIRE}`);
      throw error;
    }
    try {
      await this.#prepare?.(connection, options);
    } catch (error) {
      await this.releaseConnection(connection);
      throw error;
    }
    return connection;
  }

  async #connect(): Promise<DatabaseConnection> {
    await this.#driver.init();
    return await this.#driver.acquireConnection();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    await this.#driver.releaseConnection(connection);
    this.#turns.release();
  }

  beginTransaction(...args: Parameters<Driver["beginTransaction"]>): Promise<void> {
    return this.#driver.beginTransaction(...args);
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#driver.commitTransaction(connection);
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#driver.rollbackTransaction(connection);
  }

  savepoint(...args: Parameters<Required<Driver>["savepoint"]>): Promise<void> {
    return this.#driver.savepoint(...args);
  }

  rollbackToSavepoint(...args: Parameters<Required<Driver>["rollbackToSavepoint"]>): Promise<void> {
    return this.#driver.rollbackToSavepoint(...args);
  }

  releaseSavepoint(...args: Parameters<Required<Driver>["releaseSavepoint"]>): Promise<void> {
    return this.#driver.releaseSavepoint(...args);
  }

  /** Ends this Kysely. The middleware keeps the connection. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true;
  }
}

function throwIfAborted(signal: AbortSignal | undefined, timing: string): void {
  if (!signal?.aborted) return;
  noteTiming(signal.reason, timing);
  throw signal.reason;
}

/**
 * Kysely's own wrapper around drivers adds to the reason of an abort at which step it came. A reason that takes no properties,
 * such as a text or a frozen error, stays as it is.
 */
function noteTiming(reason: unknown, timing: string): void {
  Reflect.defineProperty(Object(reason), "__kysely_timing__", { value: timing, configurable: true });
}
