import { sessionOf } from "@rds-proxy/adapter-mysql2/internal";
import { type Driver, MysqlDialect, type MysqlPool } from "kysely";
import type { Pool } from "mysql2";
import { type ConnectionHooks, withHooks } from "../connection-hooks.js";
import { ConnectionSessions } from "../connection-sessions.js";
import { withoutCancelling } from "../without-cancelling.js";
import { failStreams } from "./fail-streams.js";

/** Kysely's own dialect, for a pool behind RDS Proxy. */
export class PoolDialect extends MysqlDialect {
  readonly #hooks: ConnectionHooks;
  readonly #sessions: ConnectionSessions;

  constructor(createPool: () => Pool, hooks: ConnectionHooks) {
    const sessions = new ConnectionSessions();
    // Created for the first query: mysql2's pool may start a timer, and Kysely does not end a pool that it never used.
    super({ pool: async () => followedPool(createPool().on("connection", failStreams), sessions) });
    this.#hooks = hooks;
    this.#sessions = sessions;
  }

  override createDriver(): Driver {
    return withHooks(withoutCancelling(super.createDriver()), this.#hooks, this.#sessions);
  }
}

/** The members of a pool that Kysely uses. */
function followedPool(pool: Pool, sessions: ConnectionSessions): MysqlPool {
  return {
    getConnection(callback) {
      const note = sessions.asked();
      pool.getConnection((error, connection) => {
        note(sessionOf(connection));
        callback(error, connection);
      });
    },
    end: (callback) => pool.end(callback),
  };
}
