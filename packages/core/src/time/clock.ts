import { clearTimeout, setTimeout } from "./timers.js";

/** Time as this library sees it, and the timers that go with it. Tests pass their own. */
export interface Clock {
  /**
   * The wall clock, in milliseconds since the epoch: for what others read, such as the date of a token. It may be set
   * forward and back, so no duration is measured by it.
   */
  now(): number;
  /**
   * Milliseconds by which durations are measured. They never go back, go on whatever the wall clock is set to, and
   * count the time for which the process was frozen.
   */
  steadyMs(): number;
  /** Resolves after `delayMs`. */
  sleep(delayMs: number): Promise<void>;
  /**
   * Calls `callback` once after `delayMs`. Timers stand still while the process is frozen.
   *
   * @returns cancels it
   */
  startTimer(delayMs: number, callback: () => void): () => void;
}

/** The longest that a timer of Node can wait, in milliseconds. One that is to wait longer fires at once. */
export const LONGEST_WAIT_MS: number = 2 ** 31 - 1;

/** Less than this is no freeze: the two clocks are not read at the same moment, and the wall clock is corrected all the time. */
const SHORTEST_FREEZE_MS = 50;

/**
 * Time that never goes back and counts freezes. The monotonic clock of Linux stands still while a virtual machine is
 * suspended (`man clock_gettime`, CLOCK_MONOTONIC), and Node offers none that does not. The wall clock tells of the
 * suspension afterwards: where it got ahead of the monotonic one since they were last read, that much was slept. A wall
 * clock that was set forward looks the same, and costs a sign of life that was not needed, or an attempt cut short; one that
 * was set back changes nothing.
 *
 * It begins as the wall clock does, so that its values look like dates.
 */
export function createSteadyTime(wallMs: () => number, monotonicMs: () => number): () => number {
  let offsetMs = wallMs() - monotonicMs();
  let startMs = offsetMs;
  return () => {
    const monotonic = monotonicMs();
    const aheadMs = wallMs() - monotonic - offsetMs;
    offsetMs += aheadMs;
    if (aheadMs >= SHORTEST_FREEZE_MS) startMs += aheadMs;
    return Math.trunc(startMs + monotonic);
  };
}

// Taken when this module is loaded, as the timers are.
const wallMs = Date.now;
const { hrtime } = process;

function monotonicMs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

export const systemClock: Clock = {
  now: wallMs,
  steadyMs: createSteadyTime(wallMs, monotonicMs),
  // Not node:timers/promises, whose loading costs a cold start more than a millisecond.
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, waitable(delayMs))),
  startTimer(delayMs, callback) {
    const timer = setTimeout(callback, waitable(delayMs));
    return () => clearTimeout(timer);
  },
};

/** Node waits 1 ms for what is too long, and for what is no number. */
function waitable(delayMs: number): number {
  return delayMs < LONGEST_WAIT_MS ? delayMs : LONGEST_WAIT_MS;
}
