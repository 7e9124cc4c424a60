import type { RdsProxyErrorCode } from "../errors.js";

/**
 * Why connecting failed.
 *
 * - `exhausted`: no slot free at the database or the proxy. Retried with jitter.
 * - `credentials`: AWS did not return the credentials or the secret, for a transient reason (STS or Secrets Manager throttled
 *   the call, failed, or could not be reached). Retried with a longer jitter.
 * - `throttled`: logins or connects come faster than allowed. Retried with a longer jitter.
 * - `borrow-timeout`: the proxy's own wait for a database connection ran out. Retried.
 * - `dropped`: nothing answered, or the connection broke before the login was done. Retried.
 * - `starting`: the database is starting up or shutting down. Retried.
 * - `auth`: the server refused the token, or the password of a secret. Retried once: with a new token, or if the secret has
 *   another password by then.
 * - `read-only`: the server takes no writes: a failover, or a reader endpoint. Not retried here.
 * - `permanent`: a retry would fail in the same way.
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

/** How often connecting is tried again after a failure: for as long as there is time, one more time, or not at all. */
export type Retry = "always" | "once" | "never";

/** How a failure is retried unless its row says otherwise. */
export const RETRY_OF_KIND: Readonly<Record<ConnectFailureKind, Retry>> = {
  exhausted: "always",
  credentials: "always",
  throttled: "always",
  "borrow-timeout": "always",
  dropped: "always",
  starting: "always",
  // Each login signs a new token, so a second refusal is not about the token's age.
  auth: "once",
  "read-only": "never",
  permanent: "never",
};

/** One line of a classification table. The first row that matches decides. */
export interface FailureRow {
  /** Driver or server codes; a row without any matches by text alone. */
  readonly codes?: readonly string[];
  /** Needed where several failures share a code. Matched against the message without its final full stop. */
  readonly text?: RegExp;
  /** Beside `text`: the function in PostgreSQL's source, for texts of a server that may write in another language. */
  readonly routine?: string;
  readonly kind: ConnectFailureKind;
  /** Default: by kind, see `RETRY_OF_KIND`. */
  readonly retry?: Retry;
  /** The failure is about TLS, which has an error code of its own. */
  readonly isTls?: boolean;
  /** What the reader of the error should check next. */
  readonly remedy: string;
}

const CODE_OF_KIND: Readonly<Record<ConnectFailureKind, RdsProxyErrorCode>> = {
  exhausted: "RDS_PROXY_EXHAUSTED",
  credentials: "RDS_PROXY_NO_CREDENTIALS",
  throttled: "RDS_PROXY_THROTTLED",
  "borrow-timeout": "RDS_PROXY_BORROW_TIMEOUT",
  dropped: "RDS_PROXY_UNREACHABLE",
  starting: "RDS_PROXY_STARTING",
  auth: "RDS_PROXY_AUTHENTICATION_FAILED",
  "read-only": "RDS_PROXY_REFUSED",
  permanent: "RDS_PROXY_REFUSED",
};

/** The code of the error that users get for a failure. */
export function errorCodeOf({ kind, isTls = false }: Pick<FailureRow, "kind" | "isTls">): RdsProxyErrorCode {
  return isTls ? "RDS_PROXY_TLS" : CODE_OF_KIND[kind];
}
