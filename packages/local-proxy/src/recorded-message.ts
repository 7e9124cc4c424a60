/** One message that a client sent after its login. */
export interface RecordedMessage {
  /** Number of the client connection, counted from 1 in the order of acceptance. */
  readonly connection: number;
  /** The protocol's own name for it, such as `Query`, `Parse`, `Bind`, `Execute`, `Sync`, `Terminate`. */
  readonly type: string;
  /** The statement, of Query and Parse; cut off after 64 kB. */
  readonly text?: string;
  /** The prepared statement that Parse, Bind, Describe or Close is about; `""` is the unnamed one. */
  readonly statementName?: string;
}
