/** One message that a client sent after its login. */
export interface RecordedMessage {
  /** Number of the client connection, counted from 1 in the order of acceptance. */
  readonly connection: number;
  /**
   * The protocol's name for it: `Query`, `Parse`, `Bind`, `Execute`, `Sync`, `Terminate` and so on, or MySQL's
   * `COM_QUERY`, `COM_STMT_PREPARE`, `COM_STMT_EXECUTE`, `COM_PING`, `COM_QUIT` and so on.
   */
  readonly type: string;
  /** The statement of Query and Parse, COM_QUERY and COM_STMT_PREPARE; cut off after 64 kB. */
  readonly text?: string;
  /** PostgreSQL: the prepared statement that Parse, Bind, Describe or Close names; `""` is the unnamed one. */
  readonly statementName?: string;
}
