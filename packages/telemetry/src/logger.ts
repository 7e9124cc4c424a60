import {
  type ConnectPhase,
  type ConnectReport,
  type EventOrigin,
  onRdsProxyEvent,
  RdsProxyError,
  type RdsProxyEventName,
} from "@rds-proxy/core";
import { PIN_REMEDIES } from "@rds-proxy/core/diagnosis";
import { createSubscription, type TelemetrySubscription } from "./subscription.js";

export type { TelemetrySubscription } from "./subscription.js";

/** One log entry. Its values are plain, so that every logger can write them as JSON. */
export interface EventLogEntry {
  /** One sentence, for people. */
  readonly message: string;
  /** The name of the event. */
  readonly event: `rds-proxy:${RdsProxyEventName}`;
  /** `user@host:port`. */
  readonly endpoint: string;
  /** The other properties of the event's payload. An error becomes `{ name, message, code, phase }`. */
  readonly [detail: string]: unknown;
}

/** The methods that a logger needs: those of `console`, pino and the Logger of Powertools. */
export interface EventLogger {
  debug(entry: EventLogEntry): unknown;
  info(entry: EventLogEntry): unknown;
  warn(entry: EventLogEntry): unknown;
  error(entry: EventLogEntry): unknown;
}

export interface LogEventsOptions {
  /**
   * Level of the regular events: `sign`, `connect`, `acquire`, `validate`, `release`. Most loggers drop `"debug"` entries by
   * default. Retries, waits for a slot, discards, pins and kept session state are always warnings, failures are always errors.
   *
   * @default "debug"
   */
  readonly level?: "debug" | "info" | undefined;
}

/**
 * Logs the events of connections, one entry per event. No entry contains a token.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` if `level` is neither `"debug"` nor `"info"`
 *
 * @example
 * logEvents(new Logger({ serviceName: "orders" }), { level: "info" });
 */
export function logEvents(
  logger: EventLogger,
  { level = "debug" }: LogEventsOptions = {},
): TelemetrySubscription {
  if (level !== "debug" && level !== "info") {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      `level: expected "debug" or "info", received ${JSON.stringify(level)}. It is the level of the regular events.`,
    );
  }
  const pinned = new Set<string>();
  const kept = new Set<string>();
  return createSubscription([
    onRdsProxyEvent("sign", ({ accessKeyId, credentialSource, expiresAt, ...origin }) =>
      logger[level]({
        message: `Signed a token for ${origin.endpoint}`,
        event: "rds-proxy:sign",
        ...origin,
        accessKeyId,
        credentialSource,
        expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
      }),
    ),
    onRdsProxyEvent("connect", (payload) =>
      logger[level]({
        message: `Connected to ${payload.endpoint}`,
        event: "rds-proxy:connect",
        ...withoutFailedAttempts(payload),
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
        message: `Could not connect to ${payload.endpoint}`,
        event: "rds-proxy:failure",
        ...withoutFailedAttempts(payload),
        error: describeError(error),
      }),
    ),
    onRdsProxyEvent("wait", (payload) =>
      logger.warn({
        message: payload.isServed
          ? `Waited for a free connection to ${payload.endpoint}`
          : `Got no free connection to ${payload.endpoint}`,
        event: "rds-proxy:wait",
        ...payload,
      }),
    ),
    onRdsProxyEvent("acquire", ({ error, ...payload }) => {
      const entry = { event: "rds-proxy:acquire", ...payload } as const;
      if (error === undefined) {
        logger[level]({ message: `An invocation acquired a connection to ${payload.endpoint}`, ...entry });
        return;
      }
      const message = `An invocation could not acquire a connection to ${payload.endpoint}`;
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
        message: `Discarded a connection to ${payload.endpoint}: ${payload.reason}`,
        event: "rds-proxy:discard",
        ...payload,
      }),
    ),
    onRdsProxyEvent("pin", (payload) => {
      const remedy = PIN_REMEDIES[payload.kind];
      // The remedy is long: once for each kind is enough.
      const isKnown = pinned.has(payload.kind);
      pinned.add(payload.kind);
      logger.warn({
        message: `A statement pinned a session of ${payload.endpoint}: ${payload.kind}.${isKnown ? "" : ` ${remedy}`}`,
        event: "rds-proxy:pin",
        ...payload,
      });
    }),
    onRdsProxyEvent("keep", ({ state, ...origin }) => {
      // Each connection reports it; once for each endpoint is enough.
      const unknown = state.filter((kind) => !kept.has(`${origin.endpoint} ${kind}`));
      if (unknown.length === 0) return;
      for (const kind of unknown) kept.add(`${origin.endpoint} ${kind}`);
      const remedies = new Set(unknown.map((kind) => PIN_REMEDIES[kind]));
      logger.warn({
        message: `A connection to ${origin.endpoint} was released with session state, which its next user gets: ${unknown.join(", ")}. ${[...remedies].join(" ")} Or close such connections with sessionState: "discard".`,
        event: "rds-proxy:keep",
        ...origin,
        state: unknown,
      });
    }),
    onRdsProxyEvent("release", (payload) =>
      logger[level]({
        message: `An invocation released its connection to ${payload.endpoint}`,
        event: "rds-proxy:release",
        ...payload,
      }),
    ),
  ]);
}

/** Each failed attempt was logged already as a retry; the last one is the failure itself. */
function withoutFailedAttempts({
  failedAttempts: _,
  ...rest
}: EventOrigin & ConnectReport): EventOrigin & Omit<ConnectReport, "failedAttempts"> {
  return rest;
}

/** Loggers write errors differently, and some write every property. */
function describeError(error: unknown): {
  name: string;
  message: string;
  code: unknown;
  phase?: ConnectPhase;
} {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error), code: undefined };
  const phase = error instanceof RdsProxyError ? error.phase : undefined;
  return {
    name: error.name,
    message: error.message,
    code: "code" in error ? error.code : undefined,
    ...(phase && { phase }),
  };
}
