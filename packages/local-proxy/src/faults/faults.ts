const loginStages = [
  "on-accept",
  "before-tls-reply",
  "after-tls",
  "after-startup",
  "after-password",
] as const;
const dropManners = ["reset", "close", "silence"] as const;
const commitStages = ["before-commit", "after-commit"] as const;
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
 * The stages of a login, in order: `on-accept` (before the greeting of a MySQL client), `before-tls-reply` (SSLRequest
 * received, not answered), `after-tls`, `after-startup` (startup message or MySQL's HandshakeResponse received,
 * password not yet requested), `after-password`.
 */
export type LoginStage = (typeof loginStages)[number];

/**
 * A login that ends without a reply: `reset` sends a TCP RST, `close` a FIN, and `silence` keeps the connection open
 * without replying until the client disconnects.
 */
export type DroppedLogin = `${(typeof dropManners)[number]}-${LoginStage}`;

/**
 * A login that is refused with an error after a valid token:
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
 * `exhausted` and `starting` are errors of the database, the others of RDS Proxy.
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

/**
 * A COMMIT whose client gets no reply. `before-commit`: the COMMIT arrives at the proxy and is not sent to the database, so
 * that the transaction is rolled back once the client has left. `after-commit`: the database runs the COMMIT, and its reply
 * is dropped. `reset` then sends a TCP RST, `close` a FIN, and `silence` keeps the connection open without replying until
 * the client disconnects.
 */
export type CommitFault = `${(typeof dropManners)[number]}-${(typeof commitStages)[number]}`;

/** Every fault that can happen while a client connects. */
export type ConnectFault = RefusedLogin | DroppedLogin;

/**
 * How an established session is ended: a FIN, a RST, or the error of an administrator's shutdown (57P01, or MySQL's
 * 1053) and then a FIN.
 */
export type KillManner = (typeof killManners)[number];

/**
 * What a client sees when a failover takes its transaction: a {@link KillManner}; or `error`, an error in reply to its
 * statement, after which the client stays connected. A pinned client gets a FIN in place of `error`. AWS does not
 * document which of these RDS Proxy uses.
 */
export type FailoverManner = (typeof failoverManners)[number];

/** Faults that a test switches on while the proxy runs. */
export interface Faults {
  /**
   * Makes the next `times` connections fail (default 1; `Infinity` until `clear`). Each accepted connection uses up one
   * fault, in the order of the calls, so several calls script a sequence.
   */
  failConnects(fault: ConnectFault, options?: { readonly times?: number | undefined }): void;
  /**
   * Makes the next `times` statements of any session fail without running (default 1; `Infinity` until `clear`). The
   * session and its transaction go on. Statements of 16 MB and more do not fail. MySQL only: with PostgreSQL it throws a
   * `TypeError`.
   */
  failStatements(fault: StatementFault, options?: { readonly times?: number | undefined }): void;
  /**
   * Makes the next `times` COMMITs of any session lose their reply (default 1; `Infinity` until `clear`), in the order of
   * the calls. A text that contains a COMMIT, or PostgreSQL's END, counts as one. Texts over 64 kB, and COMMITs that were
   * prepared with MySQL, are not affected. The metric `CommitsLost` counts those that were hit.
   */
  failCommits(fault: CommitFault, options?: { readonly times?: number | undefined }): void;
  /** Ends every logged-in session; returns how many. A statement in flight may or may not take effect. */
  killConnections(manner: KillManner): number;
  /** Silences every logged-in session: it stays open, and no reply arrives any more. Returns how many. */
  silenceConnections(): number;
  /**
   * The next statement of any session runs to its end on the database; then the client gets a TCP reset in place of the
   * reply, and cannot know whether a COMMIT took effect. With MySQL this applies to executing a prepared statement, not
   * to preparing it.
   */
  loseNextReply(): void;
  /**
   * While `true`, sessions are read only, as on a writer that became a reader: the database refuses writes with 25006,
   * or MySQL's 1792. (A real failover causes 1290 and 1836, which concern a whole server: see `failStatements`.) Takes
   * effect before a session's next request outside a transaction.
   */
  setReadOnly(isReadOnly: boolean): void;
  /**
   * Makes the database unavailable until `endFailover`. Sessions inside a transaction or statement, and pinned ones,
   * lose their database connection in this manner (default `"fin"`); the others are not affected. Requests wait
   * meanwhile, for up to `borrowTimeoutMs`. Returns how many sessions lost their connection.
   */
  beginFailover(manner?: FailoverManner | undefined): number;
  /** Makes the database available again, and serves waiting requests. */
  endFailover(): void;
  /**
   * Clears queued faults and `setReadOnly(true)`, and ends a failover. Silenced sessions stay silent.
   */
  clear(): void;
}

/** All connect faults. */
export const connectFaults: readonly ConnectFault[] = [
  ...loginRefusals,
  ...dropManners.flatMap((manner) => loginStages.map((stage) => `${manner}-${stage}` as const)),
];

/** All faults of COMMITs. */
export const commitFaults: readonly CommitFault[] = dropManners.flatMap((manner) =>
  commitStages.map((stage) => `${manner}-${stage}` as const),
);

/** Whether a fault refuses the login with an error. */
export function isRefusedLogin(fault: ConnectFault): fault is RefusedLogin {
  return loginRefusals.some((refusal) => refusal === fault);
}
