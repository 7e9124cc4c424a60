import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";

/** A connection to the database itself, without the proxy. */
export interface Session {
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  end(): Promise<void>;
}

/** The statements of an administrator who gives a test a user of its own, which differ from server to server. */
export interface Dialect {
  logIn(login: DatabaseServer): Promise<Session>;
  /** Statements that create a user and the place for its tables. */
  createUser(login: DatabaseServer): readonly string[];
  /** The database that the user of this name logs in to. */
  databaseOf(user: string, server: DatabaseServer): string;
  /** A query for the `id` of each session of a user. */
  sessionsOf(user: string): string;
  endSession(id: unknown): string;
  /** A statement that limits a user to `count` sessions, or removes the limit. */
  limitSessions(user: string, count: number | undefined): string;
  /** A statement that runs for a time. */
  sleep(seconds: number): string;
  /** Statements that remove a user without sessions, and everything that it owns. */
  dropUser(user: string): readonly string[];
}
