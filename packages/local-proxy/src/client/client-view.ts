/** What a client's connection is about just now. */
export interface ClientView {
  /** Its number, as in the log and in recorded messages. */
  readonly connection: number;
  /** Where it comes from: `127.0.0.1:53412`. */
  readonly peer: string;
  /** As whom it has logged in; `undefined` before that. */
  readonly user: string | undefined;
  /**
   * `login`: not logged in yet; `idle`: nothing under way; `waiting`: in the queue for a database connection; `statement`:
   * an answer is under way; `transaction`: between two statements of a transaction.
   */
  readonly state: "login" | "idle" | "waiting" | "statement" | "transaction";
  /** How long it has been in the queue, in ms; `undefined` when it is not. */
  readonly waitingMs: number | undefined;
  /** The number of the database connection that it has now. */
  readonly databaseConnection: number | undefined;
  /** Whether that is its own to its end. */
  readonly isPinned: boolean;
}
