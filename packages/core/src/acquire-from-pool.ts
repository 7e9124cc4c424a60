import { connectWithRetry } from "./connect.js";
import { type Deadline, deadlineIn } from "./deadline.js";
import { emitEvent } from "./events.js";
import type { ResolvedRdsProxyOptions } from "./options.js";

/** A driver's own pool, seen as the place where connections are taken from. */
export interface PoolSource<Connection> {
  /** Takes a kept connection or opens one; rejects when the deadline passes, and then keeps nothing taken. */
  take(deadline: Deadline): Promise<Connection>;
  /** Tells once of each connection that it was opened for this taker. */
  wasJustOpened(connection: Connection): boolean;
  isFit(connection: Connection, deadline: Deadline): Promise<boolean>;
  /** Takes a connection out of the pool and closes it. */
  destroy(connection: Connection): void;
}

/** A connection that is fit for use: failed connects are retried, kept connections that are not fit replaced. */
export async function acquireFromPool<Connection>(
  options: ResolvedRdsProxyOptions,
  pool: PoolSource<Connection>,
): Promise<Connection> {
  const { acquireTimeoutMs, endpoint, runtime } = options;
  const deadline = deadlineIn(acquireTimeoutMs, runtime.clock);
  for (;;) {
    const taken = await connectWithRetry(options, deadline, () => pool.take(deadline));
    const { connection, ...report } = taken;
    if (pool.wasJustOpened(connection)) {
      emitEvent("connect", endpoint, () => report);
      return connection;
    }
    if (await pool.isFit(connection, deadline)) return connection;
    pool.destroy(connection);
    emitEvent("discard", endpoint, () => ({ reason: "not fit for use after idling" }));
  }
}
