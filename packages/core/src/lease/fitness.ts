import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import { endOfTurn } from "../time/event-loop.js";
import type { Driver } from "./driver.js";

/**
 * RDS Proxy closes every client connection after 24 hours; one hour less leaves room for long invocations.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html
 */
const MAX_CONNECTION_AGE_MS = 23 * 60 * 60_000;

/**
 * Aurora DSQL closes a connection after 60 minutes.
 * Source: https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
 */
const MAX_DSQL_AGE_MS = 50 * 60_000;

/** A healthy connection answers within a few milliseconds. */
const PING_TIMEOUT_MS = 500;

/**
 * Whether a kept connection may be used: it is idle, not too old, and alive as far as can be known. Only a connection that was
 * unused for longer than `validateAfterIdleMs` costs a round trip.
 */
export async function isFitForUse<Connection extends object, Db>(
  driver: Driver<Connection, Db>,
  connection: Connection,
  deadline: Deadline,
  { endpoint, runtime, validateAfterIdleMs }: ResolvedRdsProxyOptions,
): Promise<boolean> {
  const { clock, restores } = runtime;
  // Other processes that were restored from the same snapshot have the same socket, so not even a ping may be sent.
  if (driver.connectedAt(connection) < restores.restoredAt) return false;
  // Node notices a FIN or RST, which came while the process was frozen or right after the last answer, within one whole turn of
  // the event loop. The turn of the last use may have polled the sockets before that.
  if (driver.isInTurnOfLastUse(connection)) await endOfTurn();
  await endOfTurn();
  if (driver.stateOf(connection) !== "idle") return false;
  const askedAt = clock.steadyMs();
  const maxAgeMs = endpoint.kind === "dsql" ? MAX_DSQL_AGE_MS : MAX_CONNECTION_AGE_MS;
  if (askedAt - driver.connectedAt(connection) > maxAgeMs) return false;
  const idleMs = askedAt - driver.lastUsedAt(connection);
  if (idleMs < validateAfterIdleMs) return true;

  const pingDeadline = atMost(Math.min(PING_TIMEOUT_MS, deadline.remainingMs() / 2), deadline, clock);
  const isAlive = await driver.ping(connection, pingDeadline).then(
    // An answer that is read after a freeze may have been sent before it, and the connection may have died since.
    () => pingDeadline.remainingMs() > 0,
    () => false,
  );
  emitEvent("validate", endpoint, () => ({ idleMs, durationMs: clock.steadyMs() - askedAt, isAlive }));
  return isAlive;
}
