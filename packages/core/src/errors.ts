/**
 * What went wrong. The driver's own error, if there is one, is the `cause`.
 *
 * - `RDS_PROXY_INVALID_OPTION`: an option or environment variable is missing or wrong; thrown at construction, and at a
 *   login for a `user` that is not the secret's.
 * - `RDS_PROXY_MISSING_DEPENDENCY`: an optional package that the options need is not installed.
 * - `RDS_PROXY_UNSUPPORTED`: a version of a driver or ORM, or an operation, that this library does not support.
 * - `RDS_PROXY_NO_CREDENTIALS`: no AWS credentials were found, their provider failed, the role could not be assumed, or the
 *   secret with the password could not be read, or the option `signer` made no token.
 * - `RDS_PROXY_AUTHENTICATION_FAILED`: the proxy refused two newly signed tokens, or the secret's password.
 * - `RDS_PROXY_EXHAUSTED`: no connection slot of the database or the proxy became free in time.
 * - `RDS_PROXY_THROTTLED`: logins or connects came faster than the proxy or IAM allows.
 * - `RDS_PROXY_BORROW_TIMEOUT`: the proxy had no free database connection within its own timeout.
 * - `RDS_PROXY_UNREACHABLE`: the server did not answer, or closed connections before the login was done.
 * - `RDS_PROXY_STARTING`: the database is starting up, shutting down or recovering.
 * - `RDS_PROXY_TLS`: the server's certificate could not be verified, or the server does not use TLS.
 * - `RDS_PROXY_REFUSED`: the server refused for a reason that a retry does not change.
 * - `RDS_PROXY_NO_FREE_CONNECTION`: all `maxConnections` of this process, or the invocation's own connection, were in use.
 * - `RDS_PROXY_PINNED`: a statement would have pinned its session, and `onPin` is `"throw"`; it was not sent.
 * - `RDS_PROXY_LEASE_ENDED`: a connection was used after its invocation had ended, or a transaction of an ORM after its end.
 * - `RDS_PROXY_CLOSED`: the middleware was used after `close()`, or a pool after its end.
 */
export type RdsProxyErrorCode =
  | "RDS_PROXY_INVALID_OPTION"
  | "RDS_PROXY_MISSING_DEPENDENCY"
  | "RDS_PROXY_UNSUPPORTED"
  | "RDS_PROXY_NO_CREDENTIALS"
  | "RDS_PROXY_AUTHENTICATION_FAILED"
  | "RDS_PROXY_EXHAUSTED"
  | "RDS_PROXY_THROTTLED"
  | "RDS_PROXY_BORROW_TIMEOUT"
  | "RDS_PROXY_UNREACHABLE"
  | "RDS_PROXY_STARTING"
  | "RDS_PROXY_TLS"
  | "RDS_PROXY_REFUSED"
  | "RDS_PROXY_NO_FREE_CONNECTION"
  | "RDS_PROXY_PINNED"
  | "RDS_PROXY_LEASE_ENDED"
  | "RDS_PROXY_CLOSED";

/**
 * What a connect was doing when it failed or ran out of time.
 *
 * - `slot`: it waited for one of this process's `maxConnections`.
 * - `name`: it resolved the host's name.
 * - `tcp`: it opened the TCP connection.
 * - `tls`: it waited for the server's first answer, or for the TLS handshake.
 * - `credentials`: it waited for AWS credentials, the secret or the option `signer`.
 * - `login`: it waited for the server to complete the login.
 */
export type ConnectPhase = "slot" | "name" | "tcp" | "tls" | "credentials" | "login";

/** Every error of this library. Its message never contains a token, a secret key, a password or a query. */
export class RdsProxyError extends Error {
  override readonly name = "RdsProxyError";
  readonly code: RdsProxyErrorCode;
  /** The number of attempts to connect; undefined if there was none. */
  readonly attempts: number | undefined;
  /** What the last attempt to connect was doing when it failed; undefined if the error is not about connecting. */
  readonly phase: ConnectPhase | undefined;
  readonly #isTransient: boolean;

  /** @param details `isTransient`: whether the same call may succeed later */
  constructor(
    code: RdsProxyErrorCode,
    message: string,
    details: {
      cause?: unknown;
      attempts?: number;
      isTransient?: boolean;
      phase?: ConnectPhase | undefined;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.attempts = details.attempts;
    this.phase = code === "RDS_PROXY_NO_CREDENTIALS" ? "credentials" : details.phase;
    this.#isTransient = details.isTransient ?? false;
  }

  /** Whether this failure is retried until the deadline, for example a throttled call to AWS. */
  get isTransient(): boolean {
    return this.#isTransient;
  }
}

/** The error for a wrong or missing option: its name, what was expected and received, and what to do. */
export function invalidOption(
  option: string,
  expected: string,
  received: string,
  remedy: string,
): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_INVALID_OPTION",
    `${option}: expected ${expected}, received ${received}. ${remedy}`,
  );
}

/** The error for a connection that did not become free before the deadline. */
export function noFreeConnection(endpoint: string, maxConnections: number, cause?: unknown): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_NO_FREE_CONNECTION",
    `No connection to ${endpoint} became free in time: all ${maxConnections} of this process are in use. ` +
      "Raise `maxConnections`, or hold connections for a shorter time.",
    { phase: "slot", cause },
  );
}

/** The error for a connection that is requested after `close()`. */
export function connectionsClosed(endpoint: string): RdsProxyError {
  return new RdsProxyError("RDS_PROXY_CLOSED", `The connections to ${endpoint} were closed with close().`);
}

/** The error for the use of an ended pool. The driver's own error is the cause. */
export function poolEnded(endpoint: string, cause: unknown): RdsProxyError {
  return new RdsProxyError("RDS_PROXY_CLOSED", `The pool of ${endpoint} has ended.`, { cause });
}

/** The error for a use of `context.db` after the end of its invocation. */
export function leaseEnded(): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_LEASE_ENDED",
    "The connection was used after its invocation had ended. Await every query before the handler returns, and " +
      "take the connection from the context of each invocation instead of keeping it.",
  );
}
