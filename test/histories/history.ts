/** What a transaction did to one list, in its order. */
export type Operation =
  | { readonly kind: "append"; readonly key: number; readonly element: number }
  | { readonly kind: "read"; readonly key: number; readonly elements: readonly number[] };

/**
 * What the caller of a transaction knows of it, in Jepsen's words.
 *
 * - `ok`: the commit was acknowledged.
 * - `fail`: it was certainly not committed, since no commit was sent or the server refused it.
 * - `info`: unknown, such as after a connection was lost during the commit.
 */
export type Outcome = "ok" | "fail" | "info";

/** A transaction over lists. No two appends of a history have the same element. */
export interface Transaction {
  readonly id: number;
  readonly outcome: Outcome;
  /** Reads count only if the outcome is `ok`. */
  readonly operations: readonly Operation[];
  /** By one clock for the whole history, in any unit. */
  readonly invokedAt: number;
  readonly endedAt: number;
}
