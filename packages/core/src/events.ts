import { channel } from "node:diagnostics_channel";
import { describeEndpoint, type Endpoint } from "./endpoint/endpoint.js";
import type { Engine } from "./endpoint/engine.js";
import type { RdsProxyError } from "./errors.js";
import type { ConnectFailureKind } from "./failures/connect-failure.js";
import type { EffectKind } from "./session-state/effects.js";

/** Where an event happened: a part of every payload. */
export interface EventOrigin {
  /** `user@host:port`. */
  readonly endpoint: string;
  readonly engine: Engine;
  /** What is dialled. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string | undefined;
}

/** An attempt to connect that failed, and what came after it. */
export interface FailedAttempt {
  /** Counted from 1. */
  readonly attempt: number;
  readonly kind: ConnectFailureKind;
  /** Milliseconds since the epoch. */
  readonly failedAt: number;
  /** The wait before the next attempt; undefined when there is none. */
  readonly delayMs: number | undefined;
  /** The driver's or Node's own error. */
  readonly error: unknown;
}

/** What it took to connect, or to give up. */
export interface ConnectReport {
  /** How many there were, a successful one included. */
  readonly attempts: number;
  /** All attempts and the waits between them. */
  readonly durationMs: number;
  /** The last attempt alone: TCP, TLS and login. */
  readonly attemptDurationMs: number;
  readonly failedAttempts: readonly FailedAttempt[];
}

interface EventDetails {
  /** A token was signed for one login. `expiresAt` is in milliseconds since the epoch. */
  sign: { accessKeyId: string; credentialSource: string; expiresAt: number };
  /** A physical connection is ready. */
  connect: ConnectReport;
  /** An attempt failed and another one follows after `delayMs`. */
  retry: { attempt: number; kind: ConnectFailureKind; delayMs: number; error: unknown };
  /** No connection could be opened, and no further attempt follows. */
  failure: ConnectReport & { error: RdsProxyError };
  /** An invocation waited for a slot, since all `maxConnections` were in use. Not told of a driver's own pool. */
  wait: { durationMs: number; isServed: boolean };
  /** An invocation got its connection, warm or new, after all waits; or `error` in its place. */
  acquire: { durationMs: number; error: unknown };
  /** An idle connection was asked for a sign of life. */
  validate: { idleMs: number; durationMs: number; isAlive: boolean };
  /** A connection was thrown away. */
  discard: { reason: string };
  /** An invocation gave its connection back in good order, and had it for `useMs`. */
  release: { useMs: number };
  /**
   * A statement pinned its session: RDS Proxy keeps a database connection for it until it ends. Published once for each
   * connection. `kind` is the statement's kind, `source` whether an invocation or user of a pool sent it, or a hook that
   * sets up a new connection.
   */
  pin: { kind: EffectKind; source: "invocation" | "connect" };
}

export type RdsProxyEventName = keyof EventDetails;

/**
 * What happened, for logs and metrics. Each event is published on the `node:diagnostics_channel` named
 * `rds-proxy:<name>` and costs nothing while nobody listens. No payload ever holds a token.
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
] as const satisfies readonly RdsProxyEventName[];

const CHANNELS = Object.fromEntries(NAMES.map((name) => [name, channel(`rds-proxy:${name}`)]));

/** Publishes an event; `details` are only asked for when somebody listens. */
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
 * Listens to one kind of event and returns the function that stops listening. What the listener throws disturbs no
 * connection: Node reports it afterwards as an uncaught exception, which ends a process that does not handle those.
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
