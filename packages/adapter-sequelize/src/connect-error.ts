import { RdsProxyError } from "@rds-proxy/core";
import { ConnectionAcquireTimeoutError, ConnectionError } from "sequelize";

/** How one attempt to connect ended. */
export interface FailedAttempt {
  /** Sequelize's error. */
  readonly thrown: unknown;
  /** The driver's error, which is the one that is classified. */
  readonly driverError: unknown;
}

/** The driver's error inside Sequelize's, whose class is too coarse: a wrong password and a full server have the same. */
export function driverErrorOf(error: unknown): unknown {
  return error instanceof ConnectionError ? error.parent : error;
}

/**
 * What Sequelize rejects with when a connect failed: its own error class, which existing `catch` blocks know, with ours as
 * its cause.
 */
export function connectErrorFor({ thrown, driverError }: FailedAttempt, cause: unknown): ConnectionError {
  const isSame = thrown instanceof ConnectionError && thrown.parent === driverError;
  return withCause(isSame ? thrown : new ConnectionError(asError(driverError)), cause);
}

/** The error for a caller whose time ended before that of a connect, which began for one with more time. */
export function stillConnecting(endpoint: string): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_UNREACHABLE",
    `No connection to ${endpoint} was opened in time: the pool is still connecting. ` +
      "Give the invocation more time, or see what the event `retry` says of the attempts.",
  );
}

/** What Sequelize rejects with when the pool had no connection in time. */
export function acquireTimeoutFor(cause: RdsProxyError): ConnectionError {
  return withCause(new ConnectionAcquireTimeoutError(cause), cause);
}

function withCause(error: ConnectionError, cause: unknown): ConnectionError {
  return Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
