import type { RdsProxyError } from "@rds-proxy/core";
import { ConnectionAcquireTimeoutError, ConnectionError } from "sequelize";

/** How one attempt to connect ended. */
export interface FailedAttempt {
  /** What Sequelize made of it. */
  readonly thrown: unknown;
  /** What the driver said, which is what tells one failure from another. */
  readonly driverError: unknown;
}

/** The driver's error inside Sequelize's, whose class says little: a wrong password and a full server have the same. */
export function driverErrorOf(error: unknown): unknown {
  return error instanceof ConnectionError ? error.parent : error;
}

/**
 * What Sequelize rejects with when no connection could be had: an error class of its own, which existing `catch` blocks
 * know, with ours as its cause.
 */
export function connectErrorFor({ thrown, driverError }: FailedAttempt, cause: unknown): ConnectionError {
  const isTelling = thrown instanceof ConnectionError && thrown.parent === driverError;
  return withCause(isTelling ? thrown : new ConnectionError(asError(driverError)), cause);
}

/** What Sequelize rejects with when none of the pool's connections became free. */
export function acquireTimeoutFor(cause: RdsProxyError): ConnectionError {
  return withCause(new ConnectionAcquireTimeoutError(cause), cause);
}

/** What the statements of an invocation fail with after the connection of its own BEGIN was lost. */
export function lostTransaction(): ConnectionError {
  const lost = new Error(
    "The connection was lost between two statements of a transaction, and the server has rolled it back.",
  );
  return new ConnectionError(Object.assign(lost, { code: "ECONNRESET" }));
}

function withCause(error: ConnectionError, cause: unknown): ConnectionError {
  return Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
