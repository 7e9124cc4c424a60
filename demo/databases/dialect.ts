import type { DatabaseServer, RunningServer } from "@rds-proxy/local-proxy/databases";

/** What an administrator does differently on each kind of database server. */
export interface Dialect {
  startServer(): Promise<RunningServer>;
  /** Starts a private server with this `max_connections`. */
  startSmallServer(maxConnections: number): Promise<RunningServer>;
  /** What the user can do if no server can be started or reached. */
  readonly serverRemedy: string;
  logIn(login: DatabaseServer): Promise<Session>;
  /** Whether a login failed because of the user's limit of sessions. */
  isExhaustion(error: unknown): boolean;
  /** Name and version, from `session`'s server. */
  version(session: Session): Promise<string>;
  /** Statements that create the user and its table `${user}.orders`, which it finds as `orders`. */
  createUser(login: DatabaseServer, connectionLimit: number): readonly string[];
  /** The database that the user of this name logs in to. */
  databaseOf(user: string, server: DatabaseServer): string;
  /** A query for the ids of the user's sessions. */
  sessionsOf(user: string): string;
  /** A statement that ends a session. */
  endSession(id: string): string;
  /** Statements that remove a user without sessions, and everything that it owns. */
  dropUser(user: string): readonly string[];
}

/** A connection to a database. */
export interface Session {
  /** The first column of the result. */
  query(statement: string): Promise<readonly string[]>;
  end(): Promise<void>;
}
