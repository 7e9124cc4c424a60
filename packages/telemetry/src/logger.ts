import {
  type ConnectReport,
  type EventOrigin,
  onRdsProxyEvent,
  RdsProxyError,
  type RdsProxyEventName,
} from "@rds-proxy/core";
import { createSubscription, type Subscription } from "./subscription.js";

export type { Subscription } from "./subscription.js";

/** One line of a log: plain values, which every logger can write as JSON. */
export interface LogEntry {
  /** A sentence for people. */
  readonly message: string;
  /** The name of the event. */
  readonly event: `rds-proxy:${RdsProxyEventName}`;
  /** `user@host:port`. */
  readonly endpoint: string;
  /** The rest of the event's payload: numbers in the unit of their name, and the error as `{ name, message, code }`. */
  readonly [detail: string]: unknown;
}

/** What is asked of a logger: `console`, pino and the Logger of Powertools all have it. */
export interface EventLogger {
  debug(entry: LogEntry): unknown;
  info(entry: LogEntry): unknown;
  warn(entry: LogEntry): unknown;
  error(entry: LogEntry): unknown;
}

export interface LogEventsOptions {
  /**
   * Level of what happens in good order: `sign`, `connect`, `acquire`, `validate`, `release`. Default `"debug"`, of which a
   * logger says nothing unless it is told to. Retries, waits for a slot and discards are warnings; failures are errors.
   */
  readonly level?: "debug" | "info" | undefined;
}

/**
 * Writes what happens to connections to a logger, one entry for each event. A token is in none.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` when the level is none of the two
 *
 * @example
 * logEvents(new Logger({ serviceName: "orders" }), { level: "info" });
 */
export function logEvents(logger: EventLogger, { level = "debug" }: LogEventsOptions = {}): Subscription {
  if (level !== "debug" && level !== "info") {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      `level: expected "debug" or "info", received ${JSON.stringify(level)}. It is the level of what happens in good order.`,
    );
  }
  return createSubscription([
    onRdsProxyEvent("sign", ({ accessKeyId, credentialSource, expiresAt, ...origin }) =>
      logger[level]({
        message: `Signed a token for ${origin.endpoint}`,
        event: "rds-proxy:sign",
        ...origin,
        accessKeyId,
        credentialSource,
        expiresAt: new Date(expiresAt).toISOString(),
      }),
    ),
    onRdsProxyEvent("connect", (payload) =>
      logger[level]({
        message: `Connected to ${payload.endpoint}`,
        event: "rds-proxy:connect",
        ...reportOf(payload),
      }),
    ),
    onRdsProxyEvent("retry", ({ error, ...payload }) =>
      logger.warn({
        message: `An attempt to connect to ${payload.endpoint} failed; another one follows`,
        event: "rds-proxy:retry",
        ...payload,
        error: describeError(error),
      }),
    ),
    onRdsProxyEvent("failure", ({ error, ...payload }) =>
      logger.error({
        message: `No connection to ${payload.endpoint} could be opened`,
        event: "rds-proxy:failure",
        ...reportOf(payload),
        error: describeError(error),
      }),
    ),
    onRdsProxyEvent("wait", (payload) =>
      logger.warn({
        message: payload.isServed
          ? `Waited for a free connection to ${payload.endpoint}`
          : `Waited in vain for a free connection to ${payload.endpoint}`,
        event: "rds-proxy:wait",
        ...payload,
      }),
    ),
    onRdsProxyEvent("acquire", ({ error, ...payload }) => {
      const entry = { event: "rds-proxy:acquire", ...payload } as const;
      if (error === undefined) {
        logger[level]({ message: `An invocation has a connection to ${payload.endpoint}`, ...entry });
        return;
      }
      const message = `An invocation got no connection to ${payload.endpoint}`;
      logger.error({ message, ...entry, error: describeError(error) });
    }),
    onRdsProxyEvent("validate", (payload) =>
      logger[level]({
        message: `An idle connection to ${payload.endpoint} is ${payload.isAlive ? "alive" : "dead"}`,
        event: "rds-proxy:validate",
        ...payload,
      }),
    ),
    onRdsProxyEvent("discard", (payload) =>
      logger.warn({
        message: `Threw away a connection to ${payload.endpoint}: ${payload.reason}`,
        event: "rds-proxy:discard",
        ...payload,
      }),
    ),
    onRdsProxyEvent("release", (payload) =>
      logger[level]({
        message: `An invocation gave back its connection to ${payload.endpoint}`,
        event: "rds-proxy:release",
        ...payload,
      }),
    ),
  ]);
}

/** Without the failed attempts: each was logged as a retry, and the last one is the failure. */
function reportOf({
  failedAttempts: _logged,
  ...rest
}: EventOrigin & ConnectReport): EventOrigin & Omit<ConnectReport, "failedAttempts"> {
  return rest;
}

/** Loggers differ in what they make of an Error, and some of them show everything that hangs on it. */
function describeError(error: unknown): { name: string; message: string; code: unknown } {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error), code: undefined };
  return { name: error.name, message: error.message, code: "code" in error ? error.code : undefined };
}
