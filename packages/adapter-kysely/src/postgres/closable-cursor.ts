import { EventEmitter } from "node:events";
import type { PostgresCursorConstructor } from "kysely";

/**
 * The same cursor, but its end does not wait for a connection that has broken. pg-cursor waits for the server's answer
 * in any case, and a stream whose connection was lost would keep its reader and its place in the pool for ever.
 */
export function closableCursor(Cursor: PostgresCursorConstructor): PostgresCursorConstructor {
  return class<Row> extends Cursor<Row> {
    override async close(): Promise<void> {
      // Set when the cursor was sent; not part of pg-cursor's types.
      const connection: unknown = Reflect.get(this, "connection");
      if (!(connection instanceof EventEmitter)) return super.close();
      if (Reflect.get(Object(Reflect.get(connection, "stream")), "destroyed") === true) return;
      const { promise: broken, resolve } = Promise.withResolvers<void>();
      connection.once("end", resolve);
      try {
        await Promise.race([super.close(), broken]);
      } finally {
        connection.off("end", resolve);
      }
    }
  };
}
