import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Dialect, Session } from "@rds-proxy/lambda-kit/administration";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";

/** A database user of a run's own, with the run's tables. */
export class OwnUser {
  readonly login: DatabaseServer;
  readonly dialect: Dialect;
  readonly #admin: Session;

  /** @param statements create the tables */
  static async create(
    server: DatabaseServer,
    dialect: Dialect,
    statements: readonly string[],
  ): Promise<OwnUser> {
    const user = `chaos_${randomUUID().slice(0, 8)}`;
    const login = {
      host: server.host,
      port: server.port,
      user,
      password: randomUUID(),
      database: dialect.databaseOf(user, server),
    };
    const admin = await dialect.logIn(server);
    for (const statement of dialect.createUser(login)) await admin.query(statement);
    const owner = await dialect.logIn(login);
    for (const statement of statements) await owner.query(statement);
    await owner.end();
    return new OwnUser(login, dialect, admin);
  }

  private constructor(login: DatabaseServer, dialect: Dialect, admin: Session) {
    this.login = login;
    this.dialect = dialect;
    this.#admin = admin;
  }

  /** The ids of the sessions that the user has. */
  async sessions(): Promise<readonly unknown[]> {
    const rows = await this.#admin.query(this.dialect.sessionsOf(this.login.user));
    return rows.map(({ id }) => id);
  }

  /** Ends a session as an administrator. A session that has already ended is no error. */
  async endSession(id: unknown): Promise<void> {
    await this.#admin.query(this.dialect.endSession(id)).catch(() => undefined);
  }

  async limitSessions(count: number | undefined): Promise<void> {
    await this.#admin.query(this.dialect.limitSessions(this.login.user, count));
  }

  /** Waits for the end of all sessions, lets `audit` read the tables, and removes the user and the tables. */
  async remove<Result>(audit: (session: Session) => Promise<Result>): Promise<Result> {
    while ((await this.sessions()).length > 0) await delay(20);
    const auditor = await this.dialect.logIn(this.login);
    const result = await audit(auditor);
    await auditor.end();
    while ((await this.sessions()).length > 0) await delay(20);
    for (const statement of this.dialect.dropUser(this.login.user)) await this.#admin.query(statement);
    await this.#admin.end();
    return result;
  }
}
