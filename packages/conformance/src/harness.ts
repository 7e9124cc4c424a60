import type { RdsProxyOptions } from "@rds-proxy/core";
import type { LocalProxy, LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { RdsProxyMiddleware } from "@rds-proxy/middleware";

/** The few statements that differ between engines. */
export interface Sql {
  /** One row whose column `id` names the database session. */
  readonly sessionId: string;
  /** Ends the session that runs it. */
  readonly killItself: string;
  sleep(seconds: number): string;
}

/** Sends one statement and gives its rows. */
export type Query = (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** A behaviour that cannot hold for an ORM. */
export interface Exception {
  /** Why; the documentation of the adapter says the same. */
  readonly reason: string;
  /** Asserts what happens instead. */
  instead(): Promise<void>;
}

/** What the suite needs of an adapter × engine; the behaviours themselves are the same for all. */
export interface ConformanceHarness<Db> {
  readonly name: string;
  /** The database user that the proxy logs clients in as. */
  readonly user: string;
  readonly sql: Sql;
  startProxy(options?: Partial<LocalProxyOptions>): Promise<LocalProxy>;
  /** The middleware under test; options that reach the proxy are already among them. */
  createMiddleware(options: RdsProxyOptions): RdsProxyMiddleware<"db", Db>;
  /** Sends one statement with the means of the driver or ORM and gives its rows. */
  query(db: Db, statement: string): ReturnType<Query>;
  /** Runs statements in a transaction with the means of the ORM. Default: begin, and commit or rollback. */
  transaction?(db: Db, work: (query: Query) => Promise<void>, end: "commit" | "rollback"): Promise<void>;
  /** The statements that the recorded messages of an unprepared, unpinned `query` may consist of. */
  readonly plainMessageTypes: readonly string[];
  /** The behaviours that cannot hold, by their names. */
  readonly exceptions?: Readonly<Record<string, Exception>>;
}
