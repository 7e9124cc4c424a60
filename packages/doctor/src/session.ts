import type { Deadline } from "@rds-proxy/core";

/** A row by its columns' names. */
export type Row = Readonly<Record<string, unknown>>;

/** A logged-in connection, whichever driver it is of. */
export interface Session {
  query(statement: string): Promise<readonly Row[]>;
  /** Says goodbye, or closes without one when the deadline passes. */
  close(deadline: Deadline): Promise<void>;
}
