/** A message of a client, as far as it says what its session is in for. */
export interface ClientMessage {
  /** The protocol's own name for it. */
  readonly type: string;
  /** A statement's text; cut off after 64 kB. */
  readonly text?: string;
  /** Bytes of the whole text; 0 where there is none. */
  readonly textBytes: number;
  /** PostgreSQL's prepared statement that it is about. */
  readonly statementName?: string;
  /** PostgreSQL's portal that a Bind opens. */
  readonly portalName?: string;
  /** Bytes of the whole message. */
  readonly bytes: number;
}

/** A statement's text is kept up to this length; bound values never are. */
export const keptTextBytes: number = 64 * 1024;
