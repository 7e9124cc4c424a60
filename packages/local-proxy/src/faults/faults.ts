const loginStages = [
  "on-accept",
  "before-tls-reply",
  "after-tls",
  "after-startup",
  "after-password",
] as const;
const dropManners = ["reset", "close", "silence"] as const;
export const killManners = ["fin", "rst", "admin-shutdown"] as const;
export const failoverManners = ["fin", "rst", "admin-shutdown", "error"] as const;
export const statementFaults = ["read-only", "read-only-mode", "borrow-timeout", "unknown"] as const;
const loginRefusals = [
  "exhausted",
  "throttled",
  "rate-limited",
  "too-many-clients",
  "borrow-timeout",
  "refused",
  "no-credentials",
  "starting",
  "unknown",
] as const;

/**
 * How far a login has come, in the order in which a client sees it: `on-accept` (a MySQL client was not greeted yet),
 * `before-tls-reply` (SSLRequest was read, not answered), `after-tls`, `after-startup` (the startup message, MySQL's
 * HandshakeResponse, was read; the password was not asked for yet), `after-password`.
 */
export type LoginStage = (typeof loginStages)[number];

/**
 * A login that ends without an answer: `reset` sends a TCP RST, `close` a FIN, and `silence` keeps the connection open
 * and never answers, until the client leaves.
 */
export type DroppedLogin = `${(typeof dropManners)[number]}-${LoginStage}`;

/**
 * A login that is refused with an error, after a token that was itself good:
 *
 * | fault | PostgreSQL | MySQL |
 * | --- | --- | --- |
 * | `exhausted` | 53300 remaining connection slots are reserved … | 1040 (08004) Too many connections |
 * | `throttled` | 53300 The IAM authentication failed because of … | 1040 IAM authentication rate limit exceeded |
 * | `rate-limited` | 53300 Rate of connection to proxy exceeded 200. | 1040 Connections rate limit exceeded (200) |
 * | `too-many-clients` | 53300 The maximum number of client connections … | 1040 Number simultaneous connections exceeded … |
 * | `borrow-timeout` | 08000 Timed-out waiting to acquire … (at once) | 9501 Timed-out waiting to acquire … (at once) |
 * | `refused` | 28P01 The IAM authentication failed for the role … | 1045 Access denied for user … |
 * | `no-credentials` | 28000 This RDS proxy has no credentials … | 1045 Access denied for user … |
 * | `starting` | 57P03 the database system is starting up | 3168 Server isn't available |
 * | `unknown` | XX000 Unknown error. | 1105 Unknown error |
 *
 * `exhausted` and `starting` are the database's own.
 */
export type RefusedLogin = (typeof loginRefusals)[number];

/**
 * An error in place of a statement's result, with MySQL only:
 *
 * | fault | error |
 * | --- | --- |
 * | `read-only` | 1290 The MySQL server is running with the --read-only option so it cannot execute this statement |
 * | `read-only-mode` | 1836 Running in read-only mode |
 * | `borrow-timeout` | 9501 Timed-out waiting to acquire database connection |
 * | `unknown` | 1105 Unknown error |
 */
export type StatementFault = (typeof statementFaults)[number];

/** Everything that can be made to go wrong while a client connects. */
export type ConnectFault = RefusedLogin | DroppedLogin;

/**
 * How an established session is ended: a FIN, a RST, or the error that an administrator's shutdown sends (57P01, or MySQL's
 * 1053), then a FIN.
 */
export type KillManner = (typeof killManners)[number];

/**
 * How a client learns that a failover took its transaction: as by {@link KillManner}; or by an error in answer to its
 * statement, the client being kept, unless it was pinned: then by a FIN. Which of them AWS uses is not known.
 */
export type FailoverManner = (typeof failoverManners)[number];

/** Faults that a test switches on while the proxy runs. */
export interface Faults {
  /**
   * Lets the next `times` connections (default 1; `Infinity` until `clear`) fail. Each connection takes one fault when
   * it is accepted; faults queue up in the order of the calls, so several calls script a sequence.
   */
  failConnects(fault: ConnectFault, options?: { readonly times?: number | undefined }): void;
  /**
   * Lets the next `times` statements (default 1; `Infinity` until `clear`) of any session fail, without being run. The
   * session and its transaction go on. Statements of 16 MB and more are passed over. MySQL only: under PostgreSQL it
   * throws a `TypeError`.
   */
  failStatements(fault: StatementFault, options?: { readonly times?: number | undefined }): void;
  /** Ends every logged-in session now, and says how many. A statement that was running may or may not have run. */
  killConnections(manner: KillManner): number;
  /** Goes silent on every logged-in session, and says how many: nothing is read on, nothing answered, nothing closed. */
  silenceConnections(): number;
  /**
   * The next statement of any session reaches the database and runs to its end; then, in place of the reply, the client
   * gets a TCP reset. That is the loss which leaves open whether a COMMIT happened. With MySQL, preparing a statement
   * does not count, executing it does.
   */
  loseNextReply(): void;
  /**
   * While `true`, sessions are read only, as on a writer that became a reader: the database itself answers writes with
   * 25006, or MySQL with 1792 (a real failover's 1290 and 1836 concern a whole server: see `failStatements`). A session
   * follows before its next request outside a transaction.
   */
  setReadOnly(isReadOnly: boolean): void;
  /**
   * The database goes away, until `endFailover`. Sessions inside a transaction or statement, and pinned ones, are
   * cancelled in this manner (default `"fin"`); the others are not harmed. What clients ask for meanwhile is queued, for
   * as long as a borrow may take. Returns how many were cancelled.
   */
  beginFailover(manner?: FailoverManner | undefined): number;
  /** The new database is there: those that wait are served. */
  endFailover(): void;
  /**
   * Forgets every fault that has not struck yet, `setReadOnly(true)`, and a failover that has not ended. Silent sessions
   * stay silent.
   */
  clear(): void;
}

/** Every one of them. */
export const connectFaults: readonly ConnectFault[] = [
  ...loginRefusals,
  ...dropManners.flatMap((manner) => loginStages.map((stage) => `${manner}-${stage}` as const)),
];

/** Whether a fault is one of those that answer with an error. */
export function isRefusedLogin(fault: ConnectFault): fault is RefusedLogin {
  return loginRefusals.some((refusal) => refusal === fault);
}
