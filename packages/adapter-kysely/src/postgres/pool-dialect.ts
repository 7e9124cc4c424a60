import { RdsProxyClient } from "@rds-proxy/adapter-pg/client";
import { type Driver, type PostgresCursorConstructor, PostgresDialect, type PostgresPool } from "kysely";
import type { Pool } from "pg";
import { type ConnectionHooks, withHooks } from "../connection-hooks.js";
import { ConnectionSessions } from "../connection-sessions.js";
import { withoutCancelling } from "../without-cancelling.js";

/** Kysely's own dialect, for a pool behind RDS Proxy. */
export class PoolDialect extends PostgresDialect {
  readonly #hooks: ConnectionHooks;
  readonly #sessions: ConnectionSessions;

  constructor(createPool: () => Pool, cursor: PostgresCursorConstructor | undefined, hooks: ConnectionHooks) {
    const sessions = new ConnectionSessions();
    // Each Kysely instance of this dialect has its own pool, which its `destroy()` closes.
    super({ pool: async () => followedPool(createPool(), sessions), ...(cursor && { cursor }) });
    this.#hooks = hooks;
    this.#sessions = sessions;
  }

  override createDriver(): Driver {
    return withHooks(withoutCancelling(super.createDriver()), this.#hooks, this.#sessions);
  }
}

/** The members of a pool that Kysely uses. */
function followedPool(pool: Pool, sessions: ConnectionSessions): PostgresPool {
  const followed = {
    options: pool.options,
    async connect() {
      const note = sessions.asked();
      const client = await pool.connect();
      if (client instanceof RdsProxyClient) note(client.session);
      return client;
    },
    end: () => pool.end(),
  };
  return followed;
}
