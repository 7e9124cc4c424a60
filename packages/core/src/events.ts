import { channel } from "node:diagnostics_channel";

/**
 * What happened, for logs and metrics. Each event is published on the `node:diagnostics_channel` named
 * `rds-proxy:<name>` and costs nothing while nobody listens. No payload ever holds a token.
 */
export interface RdsProxyEvents {
  /** A token was signed for one login. */
  sign: { endpoint: string; accessKeyId: string; credentialSource: string; expiresAt: number };
  /** A physical connection is ready; `durationMs` covers all attempts. */
  connect: { endpoint: string; attempts: number; durationMs: number };
  /** An attempt failed and another one follows after `delayMs`. */
  retry: { endpoint: string; attempt: number; kind: string; delayMs: number; error: unknown };
  /** An idle connection was asked for a sign of life. */
  validate: { endpoint: string; idleMs: number; isAlive: boolean };
  /** A connection was thrown away. */
  discard: { endpoint: string; reason: string };
  /** An invocation gave its connection back in good order. */
  release: { endpoint: string };
}

export type RdsProxyEventName = keyof RdsProxyEvents;

const NAMES = [
  "sign",
  "connect",
  "retry",
  "validate",
  "discard",
  "release",
] as const satisfies readonly RdsProxyEventName[];

const CHANNELS = Object.fromEntries(NAMES.map((name) => [name, channel(`rds-proxy:${name}`)]));

/** Publishes an event; `payload` is only built when somebody listens. */
export function emitEvent<Name extends RdsProxyEventName>(
  name: Name,
  payload: () => RdsProxyEvents[Name],
): void {
  const subscribed = CHANNELS[name];
  if (subscribed?.hasSubscribers) subscribed.publish(payload());
}

/**
 * Listens to one kind of event and returns the function that stops listening.
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
