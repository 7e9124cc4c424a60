import { connectWithRetry } from "../connect/connect.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { jitterBoundMs } from "../time/backoff.js";
import { atMost, type Deadline, deadlineIn, shareOf, succeedsWithin } from "../time/deadline.js";
import { kernelRandom } from "../time/random.js";
import type { Driver } from "./driver.js";
import { isFitForUse } from "./fitness.js";
import { rollBackWithin } from "./roll-back-within.js";

/** What is needed of a driver's own pool. */
export interface PoolSource<Connection> {
  /**
   * Takes a kept connection or opens one. Rejects at the deadline; a connection that comes later goes back to the pool, which
   * takes its fresh mark and calls `reportLate()`.
   */
  take(deadline: Deadline): Promise<Connection>;
  /** Whether the connection was opened by this `take`. Removes the mark: true at most once for each connection. */
  takeFreshMark(connection: Connection): boolean;
  /** Makes a kept connection ready for use. Resolves with whether it is. */
  isFit(connection: Connection, deadline: Deadline): Promise<boolean>;
  /** Removes a connection from the pool and destroys it. */
  destroy(connection: Connection): void;
}

/** A driver for pools, where statements may still be in flight on a connection that was released. */
export interface PooledDriver<Connection extends object, Db> extends Driver<Connection, Db> {
  /** Resolves when the server has answered every statement, or the connection has failed. */
  untilIdle(connection: Connection): Promise<void>;
}

/** If two connections are destroyed further apart than this, there is no loop of connecting and destroying. */
const LOOP_GAP_MS = 10_000;

/**
 * Creates the function that acquires a connection from a pool: failed connects are retried, kept connections that are not fit
 * are replaced.
 *
 * After a freeze all `maxConnections` connections of a pool may be dead, and are replaced without a delay. If more are destroyed
 * shortly after that, each further attempt waits with backoff: a fault that makes every connection unfit must not cause a storm
 * of logins.
 */
export function createPoolTaker<Connection>(
  options: ResolvedRdsProxyOptions,
  pool: PoolSource<Connection>,
): () => Promise<Connection> {
  const { acquireTimeoutMs, endpoint, maxConnections, retry, runtime } = options;
  const { clock, random = kernelRandom } = runtime;
  /** Connections destroyed since the last one that was fit. */
  let destroyed = 0;
  let destroyedAt = 0;

  const backOff = async (deadline: Deadline): Promise<void> => {
    const now = clock.steadyMs();
    destroyed = now - destroyedAt > LOOP_GAP_MS ? 1 : destroyed + 1;
    destroyedAt = now;
    const excess = destroyed - maxConnections;
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
        destroyed = 0;
        return connection;
      }
      pool.destroy(connection);
      emitEvent("discard", endpoint, () => ({ reason: "not fit for use after idling" }));
      await backOff(deadline);
    }
  };
}

/** Reports a connection as opened that came too late for its caller. It must be validated like any other when it is handed out. */
export function reportLate(endpoint: Endpoint, durationMs: number): void {
  const report = { attempts: 1, durationMs, attemptDurationMs: durationMs, failedAttempts: [] };
  emitEvent("connect", endpoint, () => report);
}

/**
 * Whether a pool's kept connection may be used. Waits for statements in flight, as the next statement waits with the driver's
 * own pool, and rolls back an open transaction.
 */
export async function isFitForPool<Connection extends object, Db>(
  driver: PooledDriver<Connection, Db>,
  connection: Connection,
  deadline: Deadline,
  options: ResolvedRdsProxyOptions,
): Promise<boolean> {
  const state = driver.stateOf(connection);
  if (state === "busy" || state === "ending") {
    // The rest of the time is for a new connection.
    const idleDeadline = atMost(shareOf(deadline), deadline, options.runtime.clock);
    await succeedsWithin(driver.untilIdle(connection), idleDeadline);
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
