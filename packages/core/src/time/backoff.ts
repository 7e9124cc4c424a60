/** Bounds of the wait between two attempts. */
export interface BackoffPolicy {
  /** Upper bound of the first wait in milliseconds; it doubles with each attempt. Less than 20 counts as 20. */
  readonly baseDelayMs: number;
  /** No wait is longer than this. */
  readonly maxDelayMs: number;
}

/** A number in [0, 1). */
export type RandomSource = () => number;

/** The largest power of two that is a number: without an end, no delay at all would be multiplied by infinity. */
const MAX_EXPONENT = 1023;

/** No bound is smaller: attempts without any wait would follow one another as fast as they fail. */
const SMALLEST_BOUND_MS = 20;

/**
 * The bound of full jitter, which grows exponentially and is capped. The wait is then drawn uniformly below it, so that
 * waiting clients do not come back in waves, also not at the cap.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt the attempt that just failed, counted from 1
 */
export function jitterBoundMs(attempt: number, { baseDelayMs, maxDelayMs }: BackoffPolicy): number {
  const boundMs = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(attempt - 1, MAX_EXPONENT));
  return Math.max(SMALLEST_BOUND_MS, boundMs);
}
