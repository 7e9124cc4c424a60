import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import { endOfTurn } from "../time/event-loop.js";
import type { Driver } from "./driver.js";

/**
 * RDS Proxy ends a client connection after 24 hours, whatever it does; an hour before is soon enough.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html
 */
const MAX_CONNECTION_AGE_MS = 23 * 60 * 60_000;

/** A healthy connection answers within a few milliseconds; a silent one must not eat the invocation's time. */
const PING_TIMEOUT_MS = 500;

/**
 * Whether a connection that was kept may be handed out: clean, young enough, and alive as far as can be known.
 * Only one that was unused for longer than `validateAfterIdleMs` costs a round trip.
 */
export async function isFitForUse<Connection extends object, Db>(
  driver: Driver<Connection, Db>,
  connection: Connection,
  deadline: Deadline,
  { endpoint, runtime, validateAfterIdleMs }: ResolvedRdsProxyOptions,
): Promise<boolean> {
  const { clock } = runtime;
  // A FIN or RST that came while the process was frozen, or right behind the last answer, is seen in a whole turn: the
  // one in which the connection was last used may have looked at the sockets before.
  await driver.turnOfLastUse(connection);
  await endOfTurn();
  if (driver.stateOf(connection) !== "idle") return false;
  if (clock.steadyMs() - driver.connectedAt(connection) > MAX_CONNECTION_AGE_MS) return false;
  const askedAt = clock.steadyMs();
  const idleMs = askedAt - driver.lastUsedAt(connection);
  if (idleMs < validateAfterIdleMs) return true;

  const patience = atMost(Math.min(PING_TIMEOUT_MS, deadline.remainingMs() / 2), deadline, clock);
  const isAlive = await driver.ping(connection, patience).then(
    // An answer that is read after a freeze may have come before it, and the connection died since.
    () => patience.remainingMs() > 0,
    () => false,
  );
  emitEvent("validate", endpoint, () => ({ idleMs, durationMs: clock.steadyMs() - askedAt, isAlive }));
  return isAlive;
}
