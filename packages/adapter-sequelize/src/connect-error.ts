import type { RdsProxyError } from "@rds-proxy/core";
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

/** What Sequelize rejects with when none of the pool's connections became free. */
export function acquireTimeoutFor(cause: RdsProxyError): ConnectionError {
  return withCause(new ConnectionAcquireTimeoutError(cause), cause);
}

function withCause(error: ConnectionError, cause: unknown): ConnectionError {
  return Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
