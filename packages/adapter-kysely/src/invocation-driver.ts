import type { DatabaseConnection, Driver } from "kysely";
import type { Turns } from "./turns.js";
import { withoutCancelling } from "./without-cancelling.js";

/**
 * A driver for one invocation: its only connection, in turns, whose statements Kysely's own driver for the engine sends.
 */
export class InvocationDriver implements Required<Driver> {
  readonly #driver: Required<Driver>;
  readonly #turns: Turns;
  #connection: Promise<DatabaseConnection> | undefined;
  #isDestroyed = false;

  /** @param driver Kysely's, made for this invocation, over a pool that always has the invocation's connection ready */
  constructor(driver: Required<Driver>, turns: Turns) {
    this.#driver = withoutCancelling(driver);
    this.#turns = turns;
  }

  async init(): Promise<void> {
    // Only a Kysely with a log calls it: done with the first query.
  }

  async acquireConnection(options?: { signal?: AbortSignal | undefined }): Promise<DatabaseConnection> {
    // Kysely's own words.
    if (this.#isDestroyed) throw new Error("driver has already been destroyed");
    this.#connection ??= this.#connect();
    const connection = await this.#connection;
    await this.#turns.take(options?.signal);
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
