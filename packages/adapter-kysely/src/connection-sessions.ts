import type { SessionState } from "@rds-proxy/core/adapter";
import type { DatabaseConnection } from "kysely";

/** Finds the session behind each of Kysely's connections, which do not expose the driver's. */
export class ConnectionSessions {
  readonly #sessions = new WeakMap<DatabaseConnection, SessionState | undefined>();
  #note: ((session: SessionState | undefined) => void) | undefined;

  of(connection: DatabaseConnection): SessionState | undefined {
    return this.#sessions.get(connection);
  }

  /** @param acquire of Kysely's driver, which asks its pool before it waits for anything */
  async follow(acquire: () => Promise<DatabaseConnection>): Promise<DatabaseConnection> {
    let session: SessionState | undefined;
    this.#note = (taken) => {
      session = taken;
    };
    const acquiring = acquire();
    this.#note = undefined;
    const connection = await acquiring;
    this.#sessions.set(connection, session);
    return connection;
  }

  /** To be called when the pool is asked; returns a function for the session of the connection that it hands out. */
  asked(): (session: SessionState | undefined) => void {
    return this.#note ?? (() => undefined);
  }
}
