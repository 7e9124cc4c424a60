import type { DatabaseServer, RunningServer } from "@rds-proxy/local-proxy/databases";

/** What differs from one kind of database server to the other, as far as the demo deals with it as an administrator. */
export interface Dialect {
  startServer(): Promise<RunningServer>;
  /** A server of one's own in any case, which accepts so many connections and no more. */
  startSmallServer(maxConnections: number): Promise<RunningServer>;
  /** What to do where no server can be started or reached. */
  readonly serverRemedy: string;
  logIn(login: DatabaseServer): Promise<Session>;
  /** Whether a login failed because the user has as many sessions as it may have. */
  isExhaustion(error: unknown): boolean;
  /** Name and version, from `session`'s server. */
  version(session: Session): Promise<string>;
  /** Statements that create the user, and a table `orders` where it looks for tables first, in `${user}.orders`. */
  createUser(login: DatabaseServer, connectionLimit: number): readonly string[];
  /** The database that the user of this name logs in to. */
  databaseOf(user: string, server: DatabaseServer): string;
  /** A query for the ids of the user's sessions. */
  sessionsOf(user: string): string;
  /** A statement that ends a session. */
  endSession(id: string): string;
  /** Statements that remove a user without sessions, and all that it has. */
  dropUser(user: string): readonly string[];
}

/** Somebody who is logged in at a database. */
export interface Session {
  /** The first column of the result. */
  query(statement: string): Promise<readonly string[]>;
  end(): Promise<void>;
}
