import type { DatabaseConnection, Driver } from "kysely";
import type { AcquireOptions } from "./connection-hooks.js";
import type { Turns } from "./turns.js";
import { withoutCancelling } from "./without-cancelling.js";

/** What is done with the invocation's connection each time that it is taken; undefined for nothing. */
export type PrepareOwn =
  | ((connection: DatabaseConnection, options: AcquireOptions | undefined) => Promise<void>)
  | undefined;

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
    this.#connection ??= this.#connect();
    const connection = await this.#connection;
    await this.#turns.take(options?.signal);
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
