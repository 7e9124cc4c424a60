import type { Deadline } from "@rds-proxy/core/adapter";

/** A row, keyed by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** A connection that has logged in, of either driver. */
export interface Connection {
  query(statement: string): Promise<readonly Row[]>;
  /** Closes gracefully; destroys the socket at the deadline. */
  close(deadline: Deadline): Promise<void>;
}
