import type { Readable } from "node:stream";
import type { Mysql2Connection } from "@rds-proxy/adapter-mysql2";
import type { ConnectionTurns } from "@rds-proxy/core/internal";
import type { Connection as CallbackConnection } from "mysql2";
import type { Pool } from "mysql2/promise";
import { inTurn, Turn } from "../turn.js";

/**
 * A pool for Drizzle, whose only connection is the invocation's. Drizzle takes a connection of a pool for each transaction and
 * each iterator, and calls `query` and `execute` for all else. Over a single connection it would send all of it to one session,
 * where a query beside a transaction becomes part of it.
 */
export function poolOf(connection: Mysql2Connection, turns: ConnectionTurns): Pool {
  const query = (...args: unknown[]): unknown => Reflect.apply(connection.query, connection, args);
  const execute = (...args: unknown[]): unknown => Reflect.apply(connection.execute, connection, args);
  const pool = {
    query: inTurn(turns, query),
    execute: inTurn(turns, execute),
    async getConnection() {
      const turn = await Turn.take(turns);
      return {
        query: turn.only(query),
        execute: turn.only(execute),
        release: () => turn.end(),
        connection: streamingOf(connection, turn),
      };
    },
  };
  // Drizzle uses these members alone.
  return pool as unknown as Pool;
}

/** The connection without promises that Drizzle's iterators read, and end when they stop. */
function streamingOf(owner: Mysql2Connection, turn: Turn): object {
  // mysql2's promise connection has it, its types do not.
  const connection: CallbackConnection = Reflect.get(owner, "connection");
  let rows: Readable | undefined;
  return {
    query(...args: unknown[]) {
      turn.check();
      const command: ReturnType<typeof connection.query> = Reflect.apply(connection.query, connection, args);
      return {
        stream() {
          rows = command.stream();
          return rows;
        },
      };
    },
    // Drizzle 1.0 listens for errors while it reads.
    on: (event: string, listener: () => void) => connection.on(event, listener),
    off: (event: string, listener: () => void) => connection.off(event, listener),
    end() {
      // Rows that an iterator left unread would hold up the next query.
      rows?.resume();
      turn.end();
    },
  };
}
