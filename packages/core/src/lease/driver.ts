import type { ConnectAttempt } from "../connect/connect.js";
import type { Deadline } from "../time/deadline.js";

/**
 * What a connection is doing, as the protocol's own status tells it.
 *
 * - `idle`: nothing in flight, no transaction.
 * - `transaction`: nothing in flight, a transaction open or aborted.
 * - `busy`: a query is in flight, or a stream is not read to its end.
 * - `ending`: the query has failed, and nothing but the end of the server's answer is missing.
 * - `unusable`: closed, or it has seen an error after which it must not be used again.
 */
export type ConnectionState = "idle" | "transaction" | "busy" | "ending" | "unusable";

/** What is lent to a handler, and how it is taken back. */
export interface Loan<Db> {
  readonly db: Db;
  /** From now on every use of `db` fails with RDS_PROXY_LEASE_ENDED. */
  revoke(): void;
}

/** The operations of one driver on single connections; what to do when is decided by the slots and the lease. */
export interface Driver<Connection extends object, Db> {
  /** Opens and logs in one connection; closes the half-made one when the attempt's deadline passes. */
  connect(attempt: ConnectAttempt): Promise<Connection>;
  stateOf(connection: Connection): ConnectionState;
  /** When the login was done, by the clock's `steadyMs()`. */
  connectedAt(connection: Connection): number;
  /** When the server last finished an answer, by the clock's `steadyMs()`. */
  lastUsedAt(connection: Connection): number;
  /** Resolves when the turn of the event loop has ended in which that answer was read. */
  turnOfLastUse(connection: Connection): Promise<void>;
  /** One round trip that proves that the server still answers. */
  ping(connection: Connection, deadline: Deadline): Promise<void>;
  rollback(connection: Connection, deadline: Deadline): Promise<void>;
  lend(connection: Connection): Loan<Db>;
  /**
   * From now on the open connection keeps the process alive, as one that was just connected does. Idempotent, and without
   * effect on a closed one.
   */
  ref(connection: Connection): void;
  /** The opposite: a process that waits for nothing else may end. */
  unref(connection: Connection): void;
  /** Closes at once and without waiting. */
  destroy(connection: Connection): void;
  /** Says goodbye and closes. */
  end(connection: Connection): Promise<void>;
}
