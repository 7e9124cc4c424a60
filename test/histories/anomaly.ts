/**
 * What a history can get wrong. `G…` are the phenomena of Adya, "Weak Consistency", 1999, and of Cerone and Gotsman, "Analysing
 * Snapshot Isolation", 2018 (`G-nonadjacent`).
 *
 * - `lost append`: acknowledged, and missing in a later read.
 * - `duplicate`: a list has an element twice.
 * - `unknown element`: a list has an element that no transaction appended to it.
 * - `incompatible orders`: two reads of a list, of which neither is a prefix of the other.
 * - `stale read`: a read that began after an append was acknowledged, and shows an older list.
 * - `missed own append`: a read without the appends that its own transaction had made.
 * - `non-repeatable read`: a second read in a transaction that differs by more than its own appends.
 * - `G1a`: a read of an element whose transaction was not committed.
 * - `G1b`: a read between two appends of another transaction.
 * - `G0`, `G1c`: a cycle of write dependencies; of write and read dependencies.
 * - `G-single`: a cycle with one anti-dependency (a read before another transaction's append), such as a lost update.
 * - `G-nonadjacent`: a cycle with several of these, no two of them in succession.
 * - `G2`: a cycle with two of these in succession, such as write skew.
 */
export type AnomalyKind =
  | "lost append"
  | "duplicate"
  | "unknown element"
  | "incompatible orders"
  | "stale read"
  | "missed own append"
  | "non-repeatable read"
  | "G1a"
  | "G1b"
  | "G0"
  | "G1c"
  | "G-single"
  | "G-nonadjacent"
  | "G2";

export interface Anomaly {
  readonly kind: AnomalyKind;
  readonly description: string;
}
