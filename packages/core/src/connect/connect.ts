import type { ConnectReport } from "../events.js";
import { loadOnDemandAfter } from "../loading/load-on-demand.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline, shareOf } from "../time/deadline.js";
import type { FailedAttempts } from "./failed-attempts.js";

/** One attempt to connect. The driver gives up and destroys its socket when `deadline` passes. */
export interface ConnectAttempt {
  readonly deadline: Deadline;
}

/** A connection, and the report of how it was opened. */
export interface Connected<T> extends ConnectReport {
  readonly connection: T;
}

/**
 * Opens one connection; retries transient failures until the deadline.
 *
 * @throws RdsProxyError with the endpoint, the number of attempts and what to check next; the driver's error is its `cause`
 */
export async function connectWithRetry<T>(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
  connect: (attempt: ConnectAttempt) => Promise<T>,
  { maxAttempts = options.retry.maxAttempts }: { maxAttempts?: number } = {},
): Promise<Connected<T>> {
  const { connectTimeoutMs, runtime } = options;
  const { clock, restores } = runtime;
  restores.notice();
  const startedAt = clock.steadyMs();
  let failed: FailedAttempts | undefined;
  for (let attempt = 1; ; attempt++) {
    const attemptedAt = clock.steadyMs();
    try {
      const timeoutMs = Math.min(connectTimeoutMs, shareOf(deadline));
      const connection = await connect({ deadline: atMost(timeoutMs, deadline, clock) });
      const now = clock.steadyMs();
      return {
        connection,
        attempts: attempt,
        durationMs: now - startedAt,
        attemptDurationMs: now - attemptedAt,
        failedAttempts: failed?.list ?? [],
      };
    } catch (error) {
      // Most processes never need this code.
      const { FailedAttempts } = await loadOnDemandAfter(error);
      failed ??= new FailedAttempts(options, { deadline, startedAt, maxAttempts });
      await clock.sleep(await failed.delayAfter(error, attempt, attemptedAt));
    }
  }
}
