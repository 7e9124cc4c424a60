/** Bounds of the wait between two attempts. */
export interface BackoffPolicy {
  /** Upper bound of the first wait in milliseconds; it doubles with each attempt. */
  readonly baseDelayMs: number;
  /** No wait is longer than this. */
  readonly maxDelayMs: number;
}

/** A number in [0, 1), as `Math.random` gives it. */
export type RandomSource = () => number;

/** The largest power of two that is a number: without an end, no delay at all would be multiplied by infinity. */
const MAX_EXPONENT = 1023;

/**
 * Full jitter: the bound grows exponentially and is capped first; the wait is then drawn uniformly below it,
 * so that waiting clients do not come back in waves, also not at the cap.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt the attempt that just failed, counted from 1
 */
export function fullJitterDelayMs(attempt: number, policy: BackoffPolicy, random: RandomSource): number {
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, MAX_EXPONENT));
  return random() * bound;
}
