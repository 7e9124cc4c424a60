import type { DatabaseConnection, Driver } from "kysely";
import type { AcquireOptions } from "./connection-hooks.js";
import type { Turns } from "./turns.js";
import { withoutCancelling } from "./without-cancelling.js";

/** What is done with the invocation's connection each time that it is taken; undefined for nothing. */
export type PrepareOwn =
  | ((connection: DatabaseConnection, options: AcquireOptions | undefined) => Promise<void>)
  | undefined;

/** Kysely's name for it. */
const ACQUIRE = "acquireConnection:acquire";

/**
 * A driver for one invocation: its only connection, in turns, whose statements Kysely's own driver for the engine sends.
 */
export class InvocationDriver implements Required<Driver> {
  readonly #driver: Required<Driver>;
  readonly #turns: Turns;
  readonly #prepare: PrepareOwn;
  #connection: Promise<DatabaseConnection> | undefined;
  #isDestroyed = false;
  /**
   * Whether Kysely's own driver, which it puts around this one for its log, watches the signals. Watched twice, an abort
   * would print that acquiring the connection "failed".
   */
  isWatched = false;

  /**
   * @param driver Kysely's, made for this invocation, over a pool that always has the invocation's connection ready
   * @param prepare called with the connection each time that it is taken; undefined where there is nothing to do
   */
  constructor(driver: Required<Driver>, turns: Turns, prepare: PrepareOwn) {
    this.#driver = withoutCancelling(driver);
    this.#turns = turns;
    this.#prepare = prepare;
  }

  async init(): Promise<void> {
    // Only a Kysely with a log calls it: done with the first query.
  }

  async acquireConnection(options?: AcquireOptions): Promise<DatabaseConnection> {
    // Kysely's own words.
    if (this.#isDestroyed) throw new Error("driver has already been destroyed");
    const signal = this.isWatched ? undefined : options?.signal;
    const step = this.#connection ? ACQUIRE : "init";
    throwIfAborted(signal, `before ${step}`);
    this.#connection ??= this.#connect();
    const connection = await this.#connection;
    throwIfAborted(signal, `during ${step}`);
    try {
      await this.#turns.take(signal);
    } catch (error) {
      if (signal?.aborted && error === signal.reason) noteTiming(error, `during ${ACQUIRE}`);
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
    this.#turns.pass();
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

  /** Ends the use of this Kysely; the connection stays the middleware's. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true;
  }
}

function throwIfAborted(signal: AbortSignal | undefined, timing: string): void {
  if (!signal?.aborted) return;
  noteTiming(signal.reason, timing);
  throw signal.reason;
}

/** Kysely's own driver around a dialect's notes on the reason of an abort when it came. */
function noteTiming(reason: unknown, timing: string): void {
  if (typeof reason !== "object" || reason === null || Object.isFrozen(reason)) return;
  Object.defineProperty(reason, "__kysely_timing__", { value: timing, configurable: true });
}
