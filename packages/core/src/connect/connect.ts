import type { ConnectReport } from "../events.js";
import { loadAfterFailure } from "../loading/load-after-failure.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline, shareOf } from "../time/deadline.js";
import type { FailedAttempts } from "./failed-attempts.js";

/** The limits of one attempt. The driver gives up and closes its socket when `deadline` passes. */
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
  const { connectTimeoutMs, runtime } = options;
  const { clock } = runtime;
  const startedAt = clock.steadyMs();
  let failed: FailedAttempts | undefined;
  for (let attempt = 1; ; attempt++) {
    const attemptedAt = clock.steadyMs();
    try {
      const limitMs = Math.min(connectTimeoutMs, shareOf(deadline));
      const connection = await connect({ deadline: atMost(limitMs, deadline, clock) });
      const now = clock.steadyMs();
      return {
        connection,
        attempts: attempt,
        durationMs: now - startedAt,
        attemptDurationMs: now - attemptedAt,
        failedAttempts: failed?.list ?? [],
      };
    } catch (error) {
      // Most processes never need it.
      const { FailedAttempts } = await loadAfterFailure(error, () => import("../on-demand.js"));
      failed ??= new FailedAttempts(options, { deadline, startedAt, maxAttempts });
      await clock.sleep(await failed.delayAfter(error, attempt, attemptedAt));
    }
  }
}
