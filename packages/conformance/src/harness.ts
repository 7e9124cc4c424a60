import type { RdsProxyOptions } from "@rds-proxy/core";
import type { LocalProxy, LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { RdsProxyMiddleware } from "@rds-proxy/middleware";

/** The statements that differ between engines. */
export interface ConformanceSql {
  /** Returns one row; its column `id` identifies the database session. */
  readonly sessionId: string;
  /** Ends the session that runs it. */
  readonly killItself: string;
  sleep(seconds: number): string;
  /** One example for each kind of session state. */
  readonly sessionStates: readonly SessionStateExample[];
  /** Statements that leave no session state, by name. Each list runs in one invocation; `table` has one column, `id`. */
  readonly withoutSessionState: Readonly<Record<string, (table: string) => readonly string[]>>;
}

/** Statements that change a session, and how to see it. */
export interface SessionStateExample {
  readonly name: string;
  /** `table` has one column, `id`. */
  change(table: string): readonly string[];
  /** Sees the change: its rows are others before it, or it fails before it. */
  readonly probe: string;
}

/** Runs one statement and returns its rows. */
export type ConformanceQuery = (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** A behaviour that a driver or ORM cannot have. */
export interface ConformanceException {
  /** The reason, as in the documentation of the adapter. */
  readonly reason: string;
  /** Asserts what happens instead. */
  instead(): Promise<void>;
}

/** Connects the suite to one adapter on one engine. */
export interface ConformanceHarness<Db> {
  /** The title of the tests. */
  readonly name: string;
  /** The database user that clients log in as. It may create tables. */
  readonly user: string;
  /** `postgresSql` or `mysqlSql`. */
  readonly sql: ConformanceSql;
  /** Starts a local proxy in front of the database server. */
  startProxy(options?: Partial<LocalProxyOptions>): Promise<LocalProxy>;
  /** Creates the middleware under test. The options include those that connect to the proxy. */
  createMiddleware(options: RdsProxyOptions): RdsProxyMiddleware<"db", Db>;
  /** Runs one statement with the driver or ORM and returns its rows. */
  query(db: Db, statement: string): ReturnType<ConformanceQuery>;
  /**
   * Runs statements in a transaction of the ORM.
   *
   * @default begin, then commit or rollback, through `query`
   */
  transaction?(
    db: Db,
    work: (query: ConformanceQuery) => Promise<void>,
    end: "commit" | "rollback",
  ): Promise<void>;
  /**
   * Runs a Lambda handler once, for example by a runtime client in this process, and settles as the handler does.
   *
   * @param remainingMs remaining time at the start of the invocation, in milliseconds; default 10,000
   * @default calls it with a context of the suite's
   */
  readonly invokeHandler?:
    | (<Result>(
        handler: (event: object, context: never) => Promise<Result>,
        remainingMs?: number,
      ) => Promise<Result>)
    | undefined;
  /** The protocol messages that a `query` without parameters may send, none of which pins the session. */
  readonly plainMessageTypes: readonly string[];
  /** The behaviours that the driver or ORM cannot have, keyed by test name. */
  readonly exceptions?: Readonly<Record<string, ConformanceException>>;
}
