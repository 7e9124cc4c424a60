/** Bounds of the delay between two attempts. */
export interface BackoffPolicy {
  /** Upper bound of the first delay in milliseconds; doubles with each attempt. A smaller value than 20 counts as 20. */
  readonly baseDelayMs: number;
  /** The longest delay, in milliseconds. */
  readonly maxDelayMs: number;
}

/** A number in [0, 1). */
export type RandomSource = () => number;

/** 2 ** 1024 is Infinity, and 0 * Infinity is NaN. */
const MAX_EXPONENT = 1023;

/** The smallest bound: without a delay, attempts would follow one another as fast as they fail. */
const SMALLEST_BOUND_MS = 20;

/**
 * The upper bound of full jitter, which grows exponentially up to a cap. The delay is drawn uniformly below it, so that clients
 * do not retry in waves, even at the cap.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt the attempt that just failed, counted from 1
 */
export function jitterBoundMs(attempt: number, { baseDelayMs, maxDelayMs }: BackoffPolicy): number {
  const boundMs = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(attempt - 1, MAX_EXPONENT));
  return Math.max(SMALLEST_BOUND_MS, boundMs);
}
