/**
 * Time as this library sees it: the wall clock, because timers and the monotonic clock may stand still
 * while Lambda freezes the process. Tests pass their own.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `delayMs`. */
  sleep(delayMs: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not node:timers/promises, whose loading costs a cold start more than a millisecond.
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};
