/** The current state of a client connection. */
export interface ClientView {
  /** Its number, as in the log and in recorded messages. */
  readonly connection: number;
  /** The client's address: `127.0.0.1:53412`. */
  readonly peer: string;
  /** The user that it logged in as; `undefined` before that. */
  readonly user: string | undefined;
  /**
   * `login`: not logged in yet; `idle`: no request under way; `waiting`: in the queue for a database connection;
   * `statement`: waiting for a reply; `transaction`: between two statements of a transaction.
   */
  readonly state: "login" | "idle" | "waiting" | "statement" | "transaction";
  /** How long it has been in the queue, in ms; `undefined` when it is not in the queue. */
  readonly waitingMs: number | undefined;
  /** The number of its current database connection, if it has one. */
  readonly databaseConnection: number | undefined;
  /** Whether the session is pinned to that connection. */
  readonly isPinned: boolean;
  /** Its statements so far, counted as in the metric QueryRequests. */
  readonly queries: number;
}
