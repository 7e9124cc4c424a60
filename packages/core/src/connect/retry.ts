import type { ConnectFailure } from "../failures/classify.js";
import type { ConnectFailureKind, Retry } from "../failures/connect-failure.js";
import { type BackoffPolicy, jitterBoundMs, type RandomSource } from "../time/backoff.js";
import type { Clock } from "../time/clock.js";
import type { Deadline } from "../time/deadline.js";

/** How many attempts may end with such a failure. */
const MAX_FAILURES: Readonly<Record<Retry, number>> = {
  always: Number.POSITIVE_INFINITY,
  once: 2,
  never: 1,
};

/**
 * Factors on the delays. A rate limit is kept only by calling less often. All logins whose token was refused within one second
 * wait for the next second, and have to spread over it.
 */
const DELAY_FACTORS: Partial<Record<ConnectFailureKind, number>> = { credentials: 5, throttled: 5, auth: 5 };

/** An attempt needs several round trips, so one that starts with less time than this cannot succeed. */
const SHORTEST_ATTEMPT_MS = 20;

export interface RetryPolicy extends BackoffPolicy {
  /** Cap on attempts, the first included. */
  readonly maxAttempts: number;
}

/** The attempt that follows a failed one. */
export interface NextAttempt {
  readonly delayMs: number;
  /** Whether no further attempt may follow it. */
  readonly isLast: boolean;
}

/**
 * When to attempt again; undefined to give up.
 *
 * A delay that would reach the deadline is drawn from the time that is left, and the attempt after it is the last:
 * environments that failed together share a deadline, and must not all retry just before it.
 *
 * @param attempt the attempt that just failed, counted from 1
 * @param failuresAlike how many attempts failed in this way so far, this one included
 * @param earliestMs an attempt before that would fail; ignored if it is too late
 */
export function nextAttempt(
  failure: ConnectFailure,
  attempt: number,
  failuresAlike: number,
  remainingMs: number,
  policy: RetryPolicy,
  random: RandomSource,
  earliestMs: number = 0,
): NextAttempt | undefined {
  // The server would refuse the same password again.
  if (failure.secret === "unchanged") return undefined;
  if (attempt >= policy.maxAttempts || failuresAlike >= MAX_FAILURES[failure.retry]) return undefined;

  const latestMs = remainingMs - SHORTEST_ATTEMPT_MS;
  if (!(latestMs > 0)) return undefined;
  const { baseDelayMs, maxDelayMs } = policy;
  const factor = DELAY_FACTORS[failure.kind] ?? 1;
  const scaled = { baseDelayMs: baseDelayMs * factor, maxDelayMs: maxDelayMs * factor };
  const fromMs = earliestMs < latestMs ? earliestMs : 0;
  const boundMs = fromMs + jitterBoundMs(attempt, scaled);
  const isLast = boundMs >= latestMs;
  return { delayMs: fromMs + random() * (Math.min(boundMs, latestMs) - fromMs), isLast };
}

/** Tokens are dated in whole seconds: a token signed again in the same second is the same token. */
function untilNewToken(now: number): number {
  return 1000 - (now % 1000);
}

/** The error to report once no other attempt follows. */
export interface LastFailure {
  readonly error: unknown;
  readonly failure: ConnectFailure;
}

export interface RetryContext {
  readonly deadline: Deadline;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** Decides after each failed attempt of one connect whether and when the next one starts. */
export class RetrySchedule {
  readonly #context: RetryContext;
  /** Failures so far, by kind and `retry`. */
  readonly #counts = new Map<string, number>();
  #previous: LastFailure | undefined;
  #isLast = false;

  constructor(context: RetryContext) {
    this.#context = context;
  }

  /**
   * @param attempt the attempt that just failed, counted from 1
   * @returns the wait before the next attempt in milliseconds, or the failure to report
   */
  next(error: unknown, failure: ConnectFailure, attempt: number): number | LastFailure {
    const { deadline, policy, clock, random } = this.#context;
    const remainingMs = deadline.remainingMs();
    const isTokenRefused = failure.kind === "auth" && failure.secret === undefined;
    const earliestMs = isTokenRefused ? untilNewToken(clock.now()) : 0;
    const failuresAlike = this.#count(failure);
    const next = this.#isLast
      ? undefined
      : nextAttempt(failure, attempt, failuresAlike, remainingMs, policy, random, earliestMs);
    if (!next) {
      // The error of an attempt that the deadline cut short says nothing; the previous error is the reason. The last one may only
      // take half of what was left when it began.
      const isOutOfTime =
        remainingMs < SHORTEST_ATTEMPT_MS || (this.#isLast && failure.codes.includes("ETIMEDOUT"));
      const isCutShort = failure.kind === "dropped" && isOutOfTime;
      return (isCutShort && this.#previous) || { error, failure };
    }
    this.#previous = { error, failure };
    this.#isLast = next.isLast;
    return next.delayMs;
  }

  #count({ kind, retry }: ConnectFailure): number {
    const key = `${kind}, ${retry}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }
}
