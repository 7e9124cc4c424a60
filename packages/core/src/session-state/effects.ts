/** The properties of a kind of effect. */
export interface Effect {
  /** How long it changes what later statements do; undefined if no longer than its transaction. */
  readonly lasts?: "session" | "next-transaction";
  /** Whether RDS Proxy pins the session for it, by "Avoiding pinning an RDS Proxy" in the Amazon RDS User Guide. */
  readonly pins: boolean;
  /** Whether a ROLLBACK takes it back. */
  readonly isUndoneByRollback?: true;
}

/** An effect of a statement on its session, beyond its result. */
export type EffectKind =
  | "set"
  | "set-local"
  | "prepare"
  | "execute"
  | "deallocate"
  | "discard"
  | "cursor"
  | "cursor-with-hold"
  | "listen"
  | "temporary-object"
  | "temporary-object-of-transaction"
  | "sequence-function"
  | "temporary-function"
  | "random-seed"
  | "advisory-lock"
  | "load-library"
  | "server-parameter"
  | "set-variable"
  | "set-global"
  | "set-tracked-variable"
  | "set-untracked-local"
  | "set-role"
  | "use-database"
  | "next-transaction"
  | "prepare-text"
  | "execute-text"
  | "lock-tables"
  | "backup-lock"
  | "named-lock"
  | "temporary-table"
  | "executable-comment"
  | "row-count"
  | "handler"
  | "change-user"
  | "prepared-statement"
  | "long-statement";

export const EFFECTS: Readonly<Record<EffectKind, Effect>> = {
  // PostgreSQL
  set: { lasts: "session", pins: true, isUndoneByRollback: true },
  // AWS documents that SET pins, and does not mention SET LOCAL, which assigns no session value.
  "set-local": { pins: false },
  prepare: { lasts: "session", pins: true },
  // What the statement does was not seen if a hook prepared it, so it counts as state.
  execute: { lasts: "session", pins: true },
  deallocate: { pins: true },
  discard: { lasts: "session", pins: true },
  cursor: { pins: true },
  "cursor-with-hold": { lasts: "session", pins: true, isUndoneByRollback: true },
  listen: { lasts: "session", pins: true, isUndoneByRollback: true },
  "temporary-object": { lasts: "session", pins: true, isUndoneByRollback: true },
  // ON COMMIT DROP
  "temporary-object-of-transaction": { pins: true },
  "sequence-function": { pins: true },
  // AWS names temporary tables, views and sequences only.
  "temporary-function": { lasts: "session", pins: false, isUndoneByRollback: true },
  // setseed() is not in AWS's lists. Neither ROLLBACK nor the end of SET LOCAL restores the generator of random().
  "random-seed": { lasts: "session", pins: false },
  "advisory-lock": { lasts: "session", pins: true },
  "load-library": { lasts: "session", pins: true },
  // The server reported a new value of a parameter: a function or DO block changed it.
  "server-parameter": { lasts: "session", pins: false, isUndoneByRollback: true },

  // MySQL and MariaDB
  "set-variable": { lasts: "session", pins: true },
  "set-global": { pins: true },
  "set-tracked-variable": { lasts: "session", pins: false },
  // SET LOCAL is SET SESSION here; AWS: it changes the session without pinning.
  "set-untracked-local": { lasts: "session", pins: false },
  "set-role": { lasts: "session", pins: true },
  "use-database": { lasts: "session", pins: false },
  "next-transaction": { lasts: "next-transaction", pins: true },
  "prepare-text": { lasts: "session", pins: true },
  // As with PostgreSQL's. What prepared it has pinned.
  "execute-text": { lasts: "session", pins: false },
  "lock-tables": { lasts: "session", pins: true },
  // LOCK INSTANCE FOR BACKUP and its like are not in AWS's lists.
  "backup-lock": { lasts: "session", pins: false },
  "named-lock": { lasts: "session", pins: true },
  "temporary-table": { lasts: "session", pins: true },
  "executable-comment": { pins: true },
  "row-count": { pins: true },
  // Not in AWS's lists.
  handler: { lasts: "session", pins: false },
  "change-user": { lasts: "session", pins: false },

  // Both
  "prepared-statement": { pins: true },
  "long-statement": { pins: true },
};

/**
 * AWS: "statements with a text size greater than 16 KB". Whether bytes or characters count is not documented: bytes are
 * the stricter reading.
 */
const PINNING_BYTES = 16_384;

export function isLongStatement(text: string): boolean {
  return Buffer.byteLength(text) > PINNING_BYTES;
}
