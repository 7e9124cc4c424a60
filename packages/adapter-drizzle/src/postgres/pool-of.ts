import type { PgConnection } from "@rds-proxy/adapter-pg";
import type { ConnectionTurns } from "@rds-proxy/core/internal";
import pg from "pg";
import { once } from "../once.js";

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
      await turns.acquire();
      return { query, release: once(() => turns.release()) };
    },
    async query(...args: unknown[]) {
      await turns.acquire();
      try {
        return await query(...args);
      } finally {
        turns.release();
      }
    },
  });
}
