import type { PoolView } from "./backend/backend-pool.js";
import type { DatabaseView } from "./backend/database-state.js";
import type { CommitFault } from "./faults/faults.js";
import type { TokenFault } from "./login/verify-token.js";

/** Counters since the start and current gauges, by CloudWatch's names for RDS Proxy where there is one. */
export interface Metrics {
  /** Clients connected now, logged in or not. */
  readonly ClientConnections: number;
  /** Connections accepted so far. */
  readonly ClientConnectionsReceived: number;
  /** Client connections that have ended so far. */
  readonly ClientConnectionsClosed: number;
  /** Logins that succeeded so far. */
  readonly ClientConnectionsSetupSucceeded: number;
  /** Logins refused so far for a bad token, an unknown role or missing TLS. */
  readonly ClientConnectionsSetupFailedAuth: number;
  /** Attempts to open a database connection so far. */
  readonly DatabaseConnectionRequests: number;
  /** Clients that wait for a database connection now. (Not a CloudWatch name.) */
  readonly DatabaseConnectionRequestsWaiting: number;
  /** Database connections that are open now. */
  readonly DatabaseConnections: number;
  /** Database connections that clients have borrowed now, those being opened included. */
  readonly DatabaseConnectionsCurrentlyBorrowed: number;
  /** Mean wait for a database connection so far, in microseconds, the time to open new ones included. */
  readonly DatabaseConnectionsBorrowLatency: number;
  /** Sessions that are pinned to a database connection now. */
  readonly DatabaseConnectionsCurrentlySessionPinned: number;
  /** Sessions inside a transaction now, a failed one included; with MySQL by the last reply that was not an error. */
  readonly DatabaseConnectionsCurrentlyInTransaction: number;
  /** Database logins that succeeded so far. */
  readonly DatabaseConnectionsSetupSucceeded: number;
  /** Database logins that failed so far. */
  readonly DatabaseConnectionsSetupFailed: number;
  /** 1 if the latest attempt to use the database succeeded, or there was none; else 0. (Not a CloudWatch name.) */
  readonly DatabaseAvailable: number;
  /** Maximum number of database connections: `maxConnectionsPercent` of `maxConnections`. */
  readonly MaxDatabaseConnectionsAllowed: number;
  /** Statements so far: Query, Execute and FunctionCall messages; MySQL's COM_QUERY and COM_STMT_EXECUTE. */
  readonly QueryRequests: number;
  /** COMMITs that `failCommits` has hit so far, by fault. (Not a CloudWatch name.) */
  readonly CommitsLost: Readonly<Partial<Record<CommitFault, number>>>;
  /** Tokens that passed every check so far. (Not a CloudWatch name.) */
  readonly TokensVerified: number;
  /**
   * Distinct tokens presented so far, valid or not. A user's tokens of the same second are equal. (Not a CloudWatch
   * name.)
   */
  readonly DistinctTokens: number;
  /** Tokens refused so far, by reason; `denied`: a valid token of a user in `deniedUsers`. (Not a CloudWatch name.) */
  readonly TokensRefused: Readonly<Partial<Record<TokenFault | "denied", number>>>;
}

/** The counters behind {@link Metrics}, which sessions increment. */
export class MetricCounters {
  clientConnections = 0;
  clientConnectionsReceived = 0;
  clientConnectionsSetupSucceeded = 0;
  clientConnectionsSetupFailedAuth = 0;
  databaseConnectionRequests = 0;
  databaseConnections = 0;
  databaseConnectionsInTransaction = 0;
  databaseConnectionsPinned = 0;
  databaseConnectionsSetupSucceeded = 0;
  databaseConnectionsSetupFailed = 0;
  queryRequests = 0;
  tokensVerified = 0;
  #borrows = 0;
  #borrowMs = 0;
  readonly #commitsLost: Partial<Record<CommitFault, number>> = {};
  readonly #signatures = new Set<string>();
  readonly #refused: Partial<Record<TokenFault | "denied", number>> = {};

  /** Counts a token that was presented. */
  countToken(signature: string | undefined, fault: TokenFault | "denied" | undefined): void {
    if (signature !== undefined) this.#signatures.add(signature);
    if (fault === undefined) this.tokensVerified += 1;
    else this.#refused[fault] = (this.#refused[fault] ?? 0) + 1;
  }

  /** Counts a COMMIT that a fault has hit. */
  countLostCommit(fault: CommitFault): void {
    this.#commitsLost[fault] = (this.#commitsLost[fault] ?? 0) + 1;
  }

  /** Counts a database connection that was borrowed after so long. */
  countBorrow(waitedMs: number): void {
    this.#borrows += 1;
    this.#borrowMs += waitedMs;
  }

  /** The current values. */
  snapshot(pool: PoolView, { isAvailable = true }: DatabaseView): Metrics {
    return {
      ClientConnections: this.clientConnections,
      ClientConnectionsReceived: this.clientConnectionsReceived,
      ClientConnectionsClosed: this.clientConnectionsReceived - this.clientConnections,
      ClientConnectionsSetupSucceeded: this.clientConnectionsSetupSucceeded,
      ClientConnectionsSetupFailedAuth: this.clientConnectionsSetupFailedAuth,
      DatabaseConnectionRequests: this.databaseConnectionRequests,
      DatabaseConnectionRequestsWaiting: pool.waiting,
      DatabaseConnections: this.databaseConnections,
      DatabaseConnectionsCurrentlyBorrowed: pool.borrowed,
      DatabaseConnectionsBorrowLatency: Math.round((1000 * this.#borrowMs) / Math.max(1, this.#borrows)),
      DatabaseConnectionsCurrentlySessionPinned: this.databaseConnectionsPinned,
      DatabaseConnectionsCurrentlyInTransaction: this.databaseConnectionsInTransaction,
      DatabaseConnectionsSetupSucceeded: this.databaseConnectionsSetupSucceeded,
      DatabaseConnectionsSetupFailed: this.databaseConnectionsSetupFailed,
      DatabaseAvailable: Number(isAvailable),
      MaxDatabaseConnectionsAllowed: pool.capacity,
      QueryRequests: this.queryRequests,
      CommitsLost: { ...this.#commitsLost },
      TokensVerified: this.tokensVerified,
      DistinctTokens: this.#signatures.size,
      TokensRefused: { ...this.#refused },
    };
  }
}
