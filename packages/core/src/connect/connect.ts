import type { ConnectReport } from "../events.js";
import { loadAfterFailure } from "../loading/load-after-failure.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline, shareOf } from "../time/deadline.js";

/** The limits of one attempt. Whoever connects gives up and closes its socket when `deadline` passes. */
export interface ConnectAttempt {
  readonly deadline: Deadline;
}

/** A connection, and what it took to get it. */
export interface Connected<T> extends ConnectReport {
  readonly connection: T;
}

/**
 * Opens one connection, retrying what passes by itself until the deadline.
 *
 * @throws RdsProxyError that says what failed, where, how often it was tried and what to check; the driver's
 *   error is its `cause`
 */
export async function connectWithRetry<T>(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
  connect: (attempt: ConnectAttempt) => Promise<T>,
  { maxAttempts = options.retry.maxAttempts }: { maxAttempts?: number } = {},
): Promise<Connected<T>> {
  const { clock } = options.runtime;
  const startedAt = clock.steadyMs();
  const attempt = async (): Promise<T> => {
    const patience = Math.min(options.connectTimeoutMs, shareOf(deadline));
    return await connect({ deadline: atMost(patience, deadline, clock) });
  };
  try {
    const connection = await attempt();
    const durationMs = clock.steadyMs() - startedAt;
    return { connection, attempts: 1, durationMs, attemptDurationMs: durationMs, failedAttempts: [] };
  } catch (error) {
    // Most processes never need it.
    const { connectAgain } = await loadAfterFailure(error, () => import("../on-demand.js"));
    return await connectAgain(options, deadline, attempt, { error, startedAt, maxAttempts });
  }
}
