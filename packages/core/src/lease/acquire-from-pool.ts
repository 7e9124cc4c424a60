import { connectWithRetry } from "../connect/connect.js";
import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { jitterBoundMs } from "../time/backoff.js";
import { atMost, type Deadline, deadlineIn, shareOf, within } from "../time/deadline.js";
import { kernelRandom } from "../time/random.js";
import type { Driver } from "./driver.js";
import { isFitForUse } from "./fitness.js";
import { rollBackWithin } from "./roll-back-within.js";

/** A driver's own pool, seen as the place where connections are taken from. */
export interface PoolSource<Connection> {
  /** Takes a kept connection or opens one; rejects when the deadline passes, and then keeps nothing taken. */
  take(deadline: Deadline): Promise<Connection>;
  /** Tells once of each connection that it was opened for this taker. */
  takeFreshMark(connection: Connection): boolean;
  /** Whether a kept connection may be handed out, once it has been made ready for that. */
  isFit(connection: Connection, deadline: Deadline): Promise<boolean>;
  /** Takes a connection out of the pool and closes it. */
  destroy(connection: Connection): void;
}

/** What a pool needs of a driver: statements may be in flight on a connection that its last user gave back. */
export interface PooledDriver<Connection extends object, Db> extends Driver<Connection, Db> {
  /** Resolves when the server has answered everything that was sent, or the connection has failed. */
  untilIdle(connection: Connection): Promise<void>;
}

/** Connections discarded further apart than this are no loop of connecting and discarding. */
const LOOP_GAP_MS = 10_000;

/**
 * Makes the function that takes a connection which is fit for use: failed connects are retried, kept connections that
 * are not fit replaced.
 *
 * After a freeze all connections of a pool may be dead, and are replaced at once. Whatever is discarded right after
 * that was opened since: the next one then waits with backoff, so that a fault which makes every connection unfit does
 * not become a storm of logins.
 */
export function createPoolTaker<Connection>(
  options: ResolvedRdsProxyOptions,
  pool: PoolSource<Connection>,
): () => Promise<Connection> {
  const { acquireTimeoutMs, endpoint, maxConnections, retry, runtime } = options;
  const { clock, random = kernelRandom } = runtime;
  /** Since a kept connection was last found fit. */
  let discarded = 0;
  let discardedAt = 0;

  const backOff = async (deadline: Deadline): Promise<void> => {
    const now = clock.steadyMs();
    discarded = now - discardedAt > LOOP_GAP_MS ? 1 : discarded + 1;
    discardedAt = now;
    const excess = discarded - maxConnections;
    if (excess <= 0) return;
    await clock.sleep(random() * Math.min(jitterBoundMs(excess, retry), deadline.remainingMs()));
  };

  return async () => {
    const deadline = deadlineIn(acquireTimeoutMs, clock);
    for (;;) {
      const taken = await connectWithRetry(options, deadline, () => pool.take(deadline));
      const { connection, ...report } = taken;
      if (pool.takeFreshMark(connection)) {
        emitEvent("connect", endpoint, () => report);
        return connection;
      }
      if (await pool.isFit(connection, deadline)) {
        discarded = 0;
        return connection;
      }
      pool.destroy(connection);
      emitEvent("discard", endpoint, () => ({ reason: "not fit for use after idling" }));
      await backOff(deadline);
    }
  };
}

/**
 * Whether a connection that a pool kept may be handed out. Waits for what its last user left in flight, as the driver's
 * own pool lets the next statement wait, and rolls back a transaction that was left open.
 */
export async function isFitForPool<Connection extends object, Db>(
  driver: PooledDriver<Connection, Db>,
  connection: Connection,
  deadline: Deadline,
  options: ResolvedRdsProxyOptions,
): Promise<boolean> {
  const state = driver.stateOf(connection);
  if (state === "busy" || state === "ending") {
    // The other part of the time is for a new connection.
    const idleDeadline = atMost(shareOf(deadline), deadline, options.runtime.clock);
    const isIdle = await within(driver.untilIdle(connection), idleDeadline, () => new Error("busy")).then(
      () => true,
      () => false,
    );
    if (!isIdle) return false;
  }
  if (driver.stateOf(connection) === "transaction") {
    try {
      await rollBackWithin(driver, connection, deadline, options);
    } catch {
      return false;
    }
  }
  return await isFitForUse(driver, connection, deadline, options);
}
