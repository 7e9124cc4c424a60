/**
 * What went wrong, as a caller would tell it apart. The driver's own error, where there is one, is the `cause`.
 *
 * - `RDS_PROXY_INVALID_OPTION`: an option or environment variable is missing or wrong; thrown at construction, and at a
 *   login for a `user` that is not the secret's.
 * - `RDS_PROXY_MISSING_DEPENDENCY`: an optional package that the options need is not installed.
 * - `RDS_PROXY_UNSUPPORTED`: a version of a driver or ORM, or an operation, that this library does not support.
 * - `RDS_PROXY_NO_CREDENTIALS`: no AWS credentials to sign a token with were found, their provider failed, the role
 *   could not be assumed, or the secret with the password could not be read.
 * - `RDS_PROXY_AUTHENTICATION_FAILED`: the proxy refused two freshly signed tokens, or the secret's password.
 * - `RDS_PROXY_EXHAUSTED`: no connection slot was free at the database or the proxy in the time there was.
 * - `RDS_PROXY_THROTTLED`: logins or connects came faster than the proxy or IAM allows.
 * - `RDS_PROXY_BORROW_TIMEOUT`: the proxy had no database connection to lend within its own timeout.
 * - `RDS_PROXY_UNREACHABLE`: nothing answered, or connections were dropped before the login was done.
 * - `RDS_PROXY_STARTING`: the database is starting up, shutting down or recovering.
 * - `RDS_PROXY_TLS`: the server's certificate could not be verified, or one side does not speak TLS.
 * - `RDS_PROXY_REFUSED`: the server refused for a reason that trying again does not change.
 * - `RDS_PROXY_NO_FREE_CONNECTION`: all `maxConnections` of this process, or an invocation's own one, were in use.
 * - `RDS_PROXY_PINNED`: a statement would have pinned its session, and `onPin` is `"throw"`; it was not sent.
 * - `RDS_PROXY_LEASE_ENDED`: a connection was used after its invocation had ended.
 * - `RDS_PROXY_CLOSED`: the middleware was used after `close()`.
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

/** Every error this library makes. Its message never contains a token, a key's secret or a query. */
export class RdsProxyError extends Error {
  override readonly name = "RdsProxyError";
  readonly code: RdsProxyErrorCode;
  /** How often a connection was tried before giving up; undefined where none was. */
  readonly attempts: number | undefined;
  readonly #isTransient: boolean;

  /** @param details `isTransient`: whether the same may work a little later */
  constructor(
    code: RdsProxyErrorCode,
    message: string,
    details: { cause?: unknown; attempts?: number; isTransient?: boolean } = {},
  ) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.attempts = details.attempts;
    this.#isTransient = details.isTransient ?? false;
  }

  /** Whether connecting was tried again in spite of this, for as long as there was time: AWS throttled a call, say. */
  get isTransient(): boolean {
    return this.#isTransient;
  }
}

/** A wrong or missing option: says which, what was expected, what came, and what to do about it. */
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

/** All connections of this process were in use for as long as the caller could wait. */
export function noFreeConnection(endpoint: string, maxConnections: number, cause?: unknown): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_NO_FREE_CONNECTION",
    `No connection to ${endpoint} became free in time: all ${maxConnections} of this process are in use. ` +
      "Raise `maxConnections`, or hold connections for a shorter time.",
    cause === undefined ? {} : { cause },
  );
}

/** A connection was requested after `close()`. */
export function connectionsClosed(endpoint: string): RdsProxyError {
  return new RdsProxyError("RDS_PROXY_CLOSED", `The connections to ${endpoint} were closed with close().`);
}

/** A pool was used after its end, which every driver says in words of its own. */
export function poolEnded(endpoint: string, cause: unknown): RdsProxyError {
  return new RdsProxyError("RDS_PROXY_CLOSED", `The pool of ${endpoint} has ended.`, { cause });
}

/** What a use of `context.db` after the end of its invocation fails with, whichever driver it is. */
export function leaseEnded(): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_LEASE_ENDED",
    "The connection was used after its invocation had ended. Await every query before the handler returns, and " +
      "take the connection from the context of each invocation instead of keeping it.",
  );
}
