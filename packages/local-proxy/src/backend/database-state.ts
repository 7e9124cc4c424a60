import { describeRefusal, Refusal } from "../refusal.js";
import { BorrowTimeout } from "./backend-pool.js";

/** Whether the database behind the proxy could be used the last time that the proxy tried. */
export interface DatabaseView {
  /** `undefined` until the proxy has tried. */
  readonly isAvailable: boolean | undefined;
  /** Why the latest attempt failed, such as `connect ECONNREFUSED 127.0.0.1:5432`; `undefined` if it did not. */
  readonly failure: string | undefined;
}

/** The database has not been reached since the proxy was started, so clients are refused at once. */
export class DatabaseUnreachable extends BorrowTimeout {}

/** What the proxy's attempts to use the database have shown. */
export class DatabaseState {
  #wasAvailable = false;
  #isAvailable: boolean | undefined;
  #failure: string | undefined;

  /** Whether a login has succeeded since the start. */
  get wasAvailable(): boolean {
    return this.#wasAvailable;
  }

  get view(): DatabaseView {
    return { isAvailable: this.#isAvailable, failure: this.#failure };
  }

  /** Records a login at the database. */
  noteLogin(): void {
    this.#wasAvailable = true;
    this.#isAvailable = true;
    this.#failure = undefined;
  }

  /** Records why the database could not be used. */
  noteFailure(error: unknown): void {
    this.#isAvailable = false;
    this.#failure = describeFailure(error);
  }
}

/** The innermost reason of a failure at the database. */
export function describeFailure(error: unknown): string {
  if (error instanceof Refusal) return describeRefusal(error);
  // Node's error for a name with several addresses has no message of its own.
  if (error instanceof AggregateError && error.message === "") return describeFailure(error.errors[0]);
  if (error instanceof BorrowTimeout && error.cause !== undefined) return describeFailure(error.cause);
  return error instanceof Error ? error.message : String(error);
}
