import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Dialect, Session } from "@rds-proxy/lambda-kit/administration";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { Books } from "./audit.js";

export const ACCOUNTS = 40;
export const OPENING_BALANCE = 1000;

/** A database user with a table of accounts and a table of the transfers between them. */
export class Bank {
  readonly login: DatabaseServer;
  readonly dialect: Dialect;
  readonly #admin: Session;

  static async open(server: DatabaseServer, dialect: Dialect): Promise<Bank> {
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
    await owner.query("create table accounts (id int primary key, balance int not null)");
    // Not unique, so that a repeated transfer shows.
    await owner.query("create table transfers (id int, source int, target int, amount int)");
    for (let id = 1; id <= ACCOUNTS; id++) {
      await owner.query(`insert into accounts values (${id}, ${OPENING_BALANCE})`);
    }
    await owner.end();
    return new Bank(login, dialect, admin);
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

  /** Waits for the end of all sessions and reads the tables. */
  async close(): Promise<Books> {
    while ((await this.sessions()).length > 0) await delay(20);
    const auditor = await this.dialect.logIn(this.login);
    const accounts = await auditor.query("select id, balance from accounts");
    const transfers = await auditor.query("select id, source, target, amount from transfers");
    await auditor.end();
    while ((await this.sessions()).length > 0) await delay(20);
    for (const statement of this.dialect.dropUser(this.login.user)) await this.#admin.query(statement);
    await this.#admin.end();
    return {
      balances: new Map(accounts.map(({ id, balance }) => [Number(id), Number(balance)])),
      transfers: transfers.map(({ id, source, target, amount }) => ({
        id: Number(id),
        source: Number(source),
        target: Number(target),
        amount: Number(amount),
      })),
    };
  }
}
