import type { ConnectAttempt } from "../connect/connect.js";
import type { SessionState } from "../session-state/session-watch.js";
import type { Deadline } from "../time/deadline.js";

/**
 * What a connection is doing, by the status that the protocol reports.
 *
 * - `idle`: nothing in flight, no transaction.
 * - `transaction`: nothing in flight, a transaction open or aborted.
 * - `busy`: a query is in flight, or a stream is not read to its end.
 * - `ending`: the query has failed, and the end of the server's answer is still to come.
 * - `unusable`: closed, or an error has ended the session.
 */
export type ConnectionState = "idle" | "transaction" | "busy" | "ending" | "unusable";

/** The object that a handler gets, and the way to take it back. */
export interface RevocableView<Db> {
  readonly db: Db;
  /** After this call every use of `db` fails with `RDS_PROXY_LEASE_ENDED`. */
  revoke(): void;
}

/** A driver's operations on single connections. The slots and the lease decide when to use which. */
export interface Driver<Connection extends object, Db> {
  /** Opens a connection and logs in. Closes it if the attempt's deadline passes before that is done. */
  connect(attempt: ConnectAttempt): Promise<Connection>;
  stateOf(connection: Connection): ConnectionState;
  /** When the login ended, by the clock's `steadyMs()`. */
  connectedAt(connection: Connection): number;
  /** When the server last finished an answer, by the clock's `steadyMs()`. */
  lastUsedAt(connection: Connection): number;
  /** Whether the event loop is still in the turn in which that answer was read. */
  isInTurnOfLastUse(connection: Connection): boolean;
  /** What statements left in the session. A driver that does not follow it hands it on to the next invocation. */
  sessionOf?(connection: Connection): SessionState;
  /** One round trip, to see whether the server still answers. */
  ping(connection: Connection, deadline: Deadline): Promise<void>;
  rollback(connection: Connection, deadline: Deadline): Promise<void>;
  /** What a handler gets of the connection during one lease. */
  createView(connection: Connection): RevocableView<Db>;
  /**
   * Makes an open connection keep the process alive, as a new connection does. Idempotent; does nothing to a closed one.
   */
  ref(connection: Connection): void;
  /** The opposite: the connection no longer keeps the process alive. */
  unref(connection: Connection): void;
  /** Closes the socket at once. */
  destroy(connection: Connection): void;
  /** Tells the server and closes. */
  end(connection: Connection): Promise<void>;
}
