import type { PostgresCursorConstructor } from "kysely";
import type { Connection } from "pg";

/** A member that pg-cursor's types leave out. Checked in 2.22.0. */
interface CursorInternals {
  /** Null until the cursor is sent. */
  readonly connection: Connection | null;
}

/**
 * The same cursor, but closing it does not wait for a lost connection. pg-cursor always waits for the server's answer, and a
 * stream would keep its reader and its place in the pool forever.
 */
export function closableCursor(Cursor: PostgresCursorConstructor): PostgresCursorConstructor {
  return class<Row> extends Cursor<Row> {
    override async close(): Promise<void> {
      const { connection } = internalsOf(this);
      if (!connection) return super.close();
      if (connection.stream.destroyed) return;
      const { promise: lost, resolve } = Promise.withResolvers<void>();
      connection.once("end", resolve);
      try {
        await Promise.race([super.close(), lost]);
      } finally {
        connection.off("end", resolve);
      }
    }
  };
}

function internalsOf(cursor: object): CursorInternals {
  return cursor as CursorInternals;
}
