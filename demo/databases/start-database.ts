import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "@rds-proxy/lambda-kit/administration";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { Database, TakenSlots, Tenant } from "./database.js";
import type { DemoDialect } from "./dialect.js";

/** Connections that the server grants to each side's user. */
const usualConnectionLimit = 8;

const pollMs = 10;

/**
 * Starts or finds a server of this kind and logs in as its administrator.
 *
 * @param maxConnections starts a private server with this limit, and gives each user all of it
 */
export async function startDatabase(dialect: DemoDialect, maxConnections?: number): Promise<Database> {
  const explain = (cause: unknown): never => {
    throw new Error(`${cause instanceof Error ? cause.message : cause}\n${dialect.serverRemedy}`, { cause });
  };
  const starting =
    maxConnections === undefined ? dialect.startServer() : dialect.startSmallServer(maxConnections);
  const server = await starting.catch(explain);
  try {
    const admin = await dialect.logIn(server).catch(explain);
    const users: string[] = [];
    return {
      version: await dialect.version(admin),
      async createTenant() {
        const user = `demo_${randomUUID().slice(0, 8)}`;
        const { host, port } = server;
        const login = {
          host,
          port,
          user,
          password: randomUUID(),
          database: dialect.databaseOf(user, server),
        };
        users.push(user);
        const connectionLimit = maxConnections ?? usualConnectionLimit;
        const statements = [
          ...dialect.createUser(login),
          dialect.limitSessions(user, connectionLimit),
          ...dialect.createOrders(user),
        ];
        for (const statement of statements) await admin.query(statement);
        return tenant(dialect, admin, login);
      },
      async stop() {
        // A server that stays keeps no users of ours. A private one may already be stopping, which must not keep this from
        // waiting for the end of its process.
        const dropped = dropUsers(dialect, admin, users).finally(() => admin.end());
        await Promise.all([dropped.catch(() => undefined), server.stop()]);
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function tenant(dialect: DemoDialect, admin: Session, login: DatabaseServer): Tenant {
  const { user } = login;
  const countSessions = async (): Promise<number> => (await admin.query(dialect.sessionsOf(user))).length;
  return {
    upstream: login,
    async orders() {
      const rows = await admin.query(`select state from ${user}.orders order by state`);
      return rows.map(({ state }) => String(state));
    },
    countSessions,
    async untilAllSessionsEnded() {
      while ((await countSessions()) > 0) await delay(pollMs);
    },
    takeAllSlots: () => takeAllSlots(dialect, login),
  };
}

async function takeAllSlots(dialect: DemoDialect, login: DatabaseServer): Promise<TakenSlots> {
  const sessions: Session[] = [];
  for (;;) {
    try {
      sessions.push(await dialect.logIn(login));
    } catch (error) {
      if (dialect.isExhaustion(error)) break;
      throw error;
    }
  }
  return {
    count: sessions.length,
    async giveBack() {
      await Promise.all(sessions.map((session) => session.end()));
    },
  };
}

async function dropUsers(dialect: DemoDialect, admin: Session, users: readonly string[]): Promise<void> {
  for (const user of users) {
    for (const { id } of await admin.query(dialect.sessionsOf(user))) {
      // It may have ended in between.
      await admin.query(dialect.endSession(id)).catch(() => undefined);
    }
    for (const statement of dialect.dropUser(user)) await admin.query(statement);
  }
}
