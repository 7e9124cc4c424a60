import { channel } from "node:diagnostics_channel";
import { describeEndpoint, type Endpoint } from "./endpoint/endpoint.js";
import type { Engine } from "./endpoint/engine.js";
import type { ConnectPhase, RdsProxyError } from "./errors.js";
import type { ConnectFailureKind } from "./failures/connect-failure.js";
import type { EffectKind } from "./session-state/effects.js";

/** The connection that an event is about: part of every payload. */
export interface EventOrigin {
  /** `user@host:port`. */
  readonly endpoint: string;
  readonly engine: Engine;
  /** Host and port to connect to. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string | undefined;
}

/** A failed attempt to connect. */
export interface FailedAttempt {
  /** Counted from 1. */
  readonly attempt: number;
  readonly kind: ConnectFailureKind;
  /** What the attempt was doing when it failed, if that is known. */
  readonly phase: ConnectPhase | undefined;
  /** Milliseconds since the epoch. */
  readonly failedAt: number;
  /** The delay before the next attempt; undefined if none follows. */
  readonly delayMs: number | undefined;
  /** The driver's or Node's own error. */
  readonly error: unknown;
}

/** The attempts of one connect, whether it succeeded or failed. */
export interface ConnectReport {
  /** The number of attempts, the successful one included. */
  readonly attempts: number;
  /** All attempts and the delays between them. */
  readonly durationMs: number;
  /** The last attempt alone: TCP, TLS and login. */
  readonly attemptDurationMs: number;
  readonly failedAttempts: readonly FailedAttempt[];
}

interface EventDetails {
  /**
   * A token was signed for one login. `expiresAt` is in milliseconds since the epoch. `accessKeyId` and `expiresAt` are undefined
   * if the option `signer` made a token that does not tell them.
   */
  sign: { accessKeyId: string | undefined; credentialSource: string; expiresAt: number | undefined };
  /** A connection was opened. */
  connect: ConnectReport;
  /** An attempt failed; another one follows after `delayMs`. */
  retry: {
    attempt: number;
    kind: ConnectFailureKind;
    phase: ConnectPhase | undefined;
    delayMs: number;
    error: unknown;
  };
  /** Connecting failed, and no further attempt follows. */
  failure: ConnectReport & { error: RdsProxyError };
  /** An invocation waited for a slot, because all `maxConnections` were in use. Pools do not emit it. */
  wait: { durationMs: number; isServed: boolean };
  /** An invocation acquired its connection, warm or new, or failed with `error`. */
  acquire: { durationMs: number; error: unknown };
  /** An idle connection was validated. */
  validate: { idleMs: number; durationMs: number; isAlive: boolean };
  /** A connection was discarded: destroyed instead of kept. */
  discard: { reason: string };
  /** An invocation released its connection, which is kept, after `useMs`. */
  release: { useMs: number };
  /**
   * A statement pinned its session: RDS Proxy keeps a database connection for it until it ends. Published once for each
   * connection. `kind` is the statement's kind, `source` whether an invocation or user of a pool sent it, or a hook that
   * sets up a new connection.
   */
  pin: { kind: EffectKind; source: "invocation" | "connect" };
  /**
   * A connection was released and keeps session state, which its next user gets: pools by default, the middleware with
   * `sessionState: "keep"`. Published once for each connection and kind of state. `state` holds the kinds, never values.
   */
  keep: { state: readonly EffectKind[] };
}

export type RdsProxyEventName = keyof EventDetails;

/**
 * The payloads of the events, for logs and metrics. Each event is published on the `node:diagnostics_channel` named
 * `rds-proxy:<name>`, and costs nothing without a listener. No payload contains a token.
 */
export type RdsProxyEvents = { [Name in RdsProxyEventName]: EventOrigin & Readonly<EventDetails[Name]> };

const NAMES = [
  "sign",
  "connect",
  "retry",
  "failure",
  "wait",
  "acquire",
  "validate",
  "discard",
  "release",
  "pin",
  "keep",
] as const satisfies readonly RdsProxyEventName[];

const CHANNELS = Object.fromEntries(NAMES.map((name) => [name, channel(`rds-proxy:${name}`)]));

/** Whether an event has a listener. */
export function isObserved(name: RdsProxyEventName): boolean {
  return CHANNELS[name]?.hasSubscribers ?? false;
}

/** Publishes an event. Calls `details` only if there is a listener. */
export function emitEvent<Name extends RdsProxyEventName>(
  name: Name,
  endpoint: Endpoint,
  details: () => EventDetails[Name],
): void {
  const subscribed = CHANNELS[name];
  if (!subscribed?.hasSubscribers) return;
  const { engine, host, port, user, database } = endpoint;
  const origin: EventOrigin = { endpoint: describeEndpoint(endpoint), engine, host, port, user, database };
  subscribed.publish({ ...origin, ...details() });
}

/**
 * Listens to one kind of event; returns a function that stops it. An error that the listener throws does not break a connection:
 * Node reports it as an uncaught exception, which ends a process that does not handle those.
 *
 * @example
 * const stop = onRdsProxyEvent("retry", ({ kind, delayMs }) => logger.warn({ kind, delayMs }));
 */
export function onRdsProxyEvent<Name extends RdsProxyEventName>(
  name: Name,
  listener: (payload: RdsProxyEvents[Name]) => void,
): () => void {
  const subscribed = channel(`rds-proxy:${name}`);
  // Channels are untyped; only `emitEvent` above publishes on ours.
  const onMessage = (message: unknown): void => listener(message as RdsProxyEvents[Name]);
  subscribed.subscribe(onMessage);
  return () => {
    subscribed.unsubscribe(onMessage);
  };
}
