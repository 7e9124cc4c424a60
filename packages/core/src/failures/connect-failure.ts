/**
 * Why a connection could not be had.
 *
 * - `exhausted`: no slot free at the database or the proxy. Retried with jitter.
 * - `credentials`: AWS did not give the credentials or the secret, for a reason that may pass (STS or Secrets Manager throttled
 *   the call, failed, or could not be reached). Retried with a longer jitter.
 * - `throttled`: logins or connects come too fast. Retried with a longer jitter.
 * - `borrow-timeout`: the proxy's own wait for a database connection ran out. Retried.
 * - `dropped`: nothing answered, or the connection broke before the login was done. Retried.
 * - `starting`: the database is starting up or shutting down. Retried.
 * - `auth`: the token was refused. Retried once, with a new token. Or the password of a secret: retried once, if the
 *   secret has another one by then.
 * - `read-only`: the server takes no writes: a failover, or a reader endpoint. Not retried here.
 * - `permanent`: trying again changes nothing.
 */
export type ConnectFailureKind =
  | "exhausted"
  | "credentials"
  | "throttled"
  | "borrow-timeout"
  | "dropped"
  | "starting"
  | "auth"
  | "read-only"
  | "permanent";

/** One line of a classification table. The first row that matches decides. */
export interface FailureRow {
  /** Driver or server codes; a row without any matches by text alone. */
  readonly codes?: readonly string[];
  /** Needed where a code is shared. Matched against the message without its final full stop. */
  readonly text?: RegExp;
  readonly kind: ConnectFailureKind;
  /** Worth one more try, but not a series of them. */
  readonly isLimited?: boolean;
  /** The failure is about TLS, which has an error code of its own. */
  readonly isTls?: boolean;
  /** What a person should check next. */
  readonly remedy: string;
}
