/** What the proxy reads of a client's message: enough to decide on pinning. */
export interface ClientMessage {
  /** The protocol's name for it. */
  readonly type: string;
  /** The statement's text, cut off after 64 kB. */
  readonly text?: string;
  /** Length of the whole text in bytes; 0 without a text. */
  readonly textBytes: number;
  /** PostgreSQL: name of the prepared statement. */
  readonly statementName?: string;
  /** PostgreSQL: name of the portal that a Bind opens. */
  readonly portalName?: string;
  /** PostgreSQL: object id of the function that a FunctionCall calls. */
  readonly functionId?: number;
  /** Length of the whole message in bytes. */
  readonly bytes: number;
}

/** Maximum length of a statement's text that is kept. Bound values are never kept. */
export const keptTextBytes: number = 64 * 1024;
