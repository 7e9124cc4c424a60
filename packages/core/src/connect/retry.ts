import type { ConnectFailure } from "../failures/classify.js";
import type { ConnectFailureKind } from "../failures/connect-failure.js";
import { type BackoffPolicy, jitterBoundMs, type RandomSource } from "../time/backoff.js";
import type { Clock } from "../time/clock.js";
import type { Deadline } from "../time/deadline.js";

/** How a kind of failure is retried. */
interface RetryRule {
  /** Attempts that may end with this kind before giving up. */
  readonly maxFailures: number;
  /** Factor on the base delay, for failures that passing time heals slowly. */
  readonly delayFactor: number;
}

const NEVER: RetryRule = { maxFailures: 1, delayFactor: 1 };
const WHILE_TIME_IS_LEFT: RetryRule = { maxFailures: Number.POSITIVE_INFINITY, delayFactor: 1 };

const RULES: Readonly<Record<ConnectFailureKind, RetryRule>> = {
  exhausted: WHILE_TIME_IS_LEFT,
  // A limit on calls or logins per second is only kept by calling less often.
  credentials: { maxFailures: Number.POSITIVE_INFINITY, delayFactor: 5 },
  throttled: { maxFailures: Number.POSITIVE_INFINITY, delayFactor: 5 },
  "borrow-timeout": WHILE_TIME_IS_LEFT,
  dropped: WHILE_TIME_IS_LEFT,
  starting: WHILE_TIME_IS_LEFT,
  // Each login signs a new token, so the second refusal is about something else than its age. A password is tried again
  // when its secret has changed. All that were refused within a second wait for the next one, and must not come at its
  // beginning.
  auth: { maxFailures: 2, delayFactor: 5 },
  "read-only": NEVER,
  permanent: NEVER,
};

const LIMITED_MAX_FAILURES = 2;

/** How many attempts may end with such a failure before the library gives up: 1 for no retry, `Infinity` for no limit. */
export function maxFailures({ kind, isLimited }: ConnectFailure): number {
  return isLimited ? Math.min(LIMITED_MAX_FAILURES, RULES[kind].maxFailures) : RULES[kind].maxFailures;
}

/** An attempt that is started with less time than this cannot succeed: it needs several round trips. */
const SHORTEST_ATTEMPT_MS = 20;

export interface RetryPolicy extends BackoffPolicy {
  /** Cap on attempts, the first included. */
  readonly maxAttempts: number;
}

/** The attempt that follows a failed one. */
export interface NextAttempt {
  readonly delayMs: number;
  /** Whether no other one may follow it. */
  readonly isLast: boolean;
}

/**
 * When to attempt again, or undefined for giving up.
 *
 * A wait that the deadline narrows is drawn from what is left, and the attempt after it is the last: environments that
 * failed together have their deadline in common, and must not all come back just before it.
 *
 * @param attempt the attempt that just failed, counted from 1
 * @param failuresAlike how many attempts ended with this kind so far, this one included; limited failures are
 *   counted apart
 * @param earliestMs before that an attempt would be in vain; where that is too late, it is passed over
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
  // The same password would be refused again.
  if (failure.secret === "unchanged") return undefined;
  const rule = RULES[failure.kind];
  if (attempt >= policy.maxAttempts || failuresAlike >= maxFailures(failure)) return undefined;

  const latestMs = remainingMs - SHORTEST_ATTEMPT_MS;
  if (!(latestMs > 0)) return undefined;
  const { baseDelayMs, maxDelayMs } = policy;
  const scaled = { baseDelayMs: baseDelayMs * rule.delayFactor, maxDelayMs: maxDelayMs * rule.delayFactor };
  const fromMs = earliestMs < latestMs ? earliestMs : 0;
  const boundMs = fromMs + jitterBoundMs(attempt, scaled);
  const isLast = boundMs >= latestMs;
  return { delayMs: fromMs + random() * (Math.min(boundMs, latestMs) - fromMs), isLast };
}

/** Tokens are dated in whole seconds: signed again within the same one, a token is the same. */
function untilNewToken(now: number): number {
  return 1000 - (now % 1000);
}

/** The error to report once no other attempt follows. */
export interface LastFailure {
  readonly error: unknown;
  readonly failure: ConnectFailure;
}

export interface RetryLimits {
  readonly deadline: Deadline;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** Decides after each failed attempt of one connect whether and when the next one starts. */
export class RetrySchedule {
  readonly #limits: RetryLimits;
  /** Failures so far by kind; limited ones are counted apart. */
  readonly #counts = new Map<string, number>();
  #previous: LastFailure | undefined;
  #isLast = false;

  constructor(limits: RetryLimits) {
    this.#limits = limits;
  }

  /**
   * @param attempt the attempt that just failed, counted from 1
   * @returns the wait before the next attempt in milliseconds, or the failure to report
   */
  next(error: unknown, failure: ConnectFailure, attempt: number): number | LastFailure {
    const { deadline, policy, clock, random } = this.#limits;
    const remainingMs = deadline.remainingMs();
    const isTokenRefused = failure.kind === "auth" && failure.secret === undefined;
    const earliestMs = isTokenRefused ? untilNewToken(clock.now()) : 0;
    const failuresAlike = this.#count(failure);
    const next = this.#isLast
      ? undefined
      : nextAttempt(failure, attempt, failuresAlike, remainingMs, policy, random, earliestMs);
    if (!next) {
      // An attempt that the deadline cut short has no error of its own; the one before it says what went wrong.
      const isCutShort = failure.kind === "dropped" && remainingMs < SHORTEST_ATTEMPT_MS;
      return (isCutShort && this.#previous) || { error, failure };
    }
    this.#previous = { error, failure };
    this.#isLast = next.isLast;
    return next.delayMs;
  }

  #count({ kind, isLimited }: ConnectFailure): number {
    const key = `${kind}, ${isLimited ? "limited" : "unlimited"}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }
}
