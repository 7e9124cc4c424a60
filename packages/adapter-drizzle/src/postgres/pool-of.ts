import type { PgConnection } from "@rds-proxy/adapter-pg";
import type { ConnectionTurns } from "@rds-proxy/core/internal";
import pg from "pg";
import { inTurn, Turn } from "../turn.js";

/**
 * A pool for Drizzle, whose only connection is the invocation's. Drizzle takes a connection of a pool for each transaction, and
 * calls `query` for all else. Over a single client it would send all of it to one session, where a query beside a transaction
 * becomes part of it.
 */
export function poolOf(connection: PgConnection, turns: ConnectionTurns): pg.Pool {
  const query = (...args: unknown[]): unknown => Reflect.apply(connection.query, connection, args);
  // Drizzle recognises a pool by its class.
  return Object.assign(new pg.Pool(), {
    async connect() {
      const turn = await Turn.take(turns);
      return {
        query: turn.only(query),
        // Drizzle 1.0 listens for errors during a transaction.
        on: (event: "error", listener: (error: Error) => void) => connection.on(event, listener),
        off: (event: string, listener: () => void) => connection.off(event, listener),
        release: () => turn.end(),
      };
    },
    query: inTurn(turns, query),
  });
}
