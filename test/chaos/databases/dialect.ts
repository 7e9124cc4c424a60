import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";

/** Somebody who is logged in at the database itself. */
export interface Session {
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  end(): Promise<void>;
}

/** What differs from one kind of database server to the other, as far as the ledger's administrator has to do with it. */
export interface Dialect {
  logIn(login: DatabaseServer): Promise<Session>;
  /** Statements that create a user and the place for its tables. */
  createUser(login: DatabaseServer): readonly string[];
  /** The database that the user of this name logs in to. */
  databaseOf(user: string, server: DatabaseServer): string;
  /** A query for the `id` of each session of a user. */
  sessionsOf(user: string): string;
  endSession(id: unknown): string;
  /** A statement after which a user may have no more than `count` sessions, or as many as it likes. */
  limitSessions(user: string, count: number | undefined): string;
  /** A statement that takes so long. */
  sleep(seconds: number): string;
  /** Statements that remove a user without sessions, and all that it has. */
  dropUser(user: string): readonly string[];
}
