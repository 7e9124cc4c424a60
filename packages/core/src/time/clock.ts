import { clearTimeout, setTimeout } from "./timers.js";

/** The time, and timers. Tests pass their own. */
export interface Clock {
  /**
   * The wall clock, in milliseconds since the epoch: for times that others read, such as the date of a token. It may be set
   * forward and back, so it does not measure durations.
   */
  now(): number;
  /**
   * Milliseconds that measure durations. They never go back, do not depend on changes of the wall clock, and include the time
   * for which the process was frozen.
   */
  steadyMs(): number;
  /** For how long the process has been suspended so far, as far as the clocks show it, in milliseconds. */
  suspendedMs?(): number;
  /** Resolves after `delayMs`. */
  sleep(delayMs: number): Promise<void>;
  /**
   * Calls `callback` once after `delayMs`. Timers stand still while the process is frozen.
   *
   * @returns a function that cancels the timer
   */
  startTimer(delayMs: number, callback: () => void): () => void;
}

/** The longest delay of Node's timers, in milliseconds. With a longer one they fire at once. */
export const LONGEST_WAIT_MS: number = 2 ** 31 - 1;

/** A smaller difference is not a freeze: the clocks are not read at the same moment, and NTP adjusts the wall clock. */
const SHORTEST_FREEZE_MS = 50;

/**
 * Time that never goes back and includes freezes. The monotonic clock of Linux stops while a virtual machine is suspended (`man
 * clock_gettime`, CLOCK_MONOTONIC), and Node has no other one. If the wall clock advanced more than the monotonic clock since
 * both were last read, the difference is the time of a freeze. A wall clock that is set forward looks the same; the cost is one
 * unnecessary validation, or an attempt that ends early. A wall clock that is set back has no effect.
 *
 * It starts at the time of the wall clock, so that its values look like dates.
 */
export function createSteadyTime(
  wallMs: () => number,
  monotonicMs: () => number,
): Required<Pick<Clock, "steadyMs" | "suspendedMs">> {
  let offsetMs = wallMs() - monotonicMs();
  const startMs = offsetMs;
  let suspendedMs = 0;
  const steadyMs = (): number => {
    const monotonic = monotonicMs();
    const aheadMs = wallMs() - monotonic - offsetMs;
    offsetMs += aheadMs;
    if (aheadMs >= SHORTEST_FREEZE_MS) suspendedMs += aheadMs;
    return Math.trunc(startMs + suspendedMs + monotonic);
  };
  return {
    steadyMs,
    suspendedMs() {
      steadyMs();
      return suspendedMs;
    },
  };
}

// Read when this module is loaded, before a test fakes them. See timers.ts.
const wallMs = Date.now;
const { hrtime } = process;

function monotonicMs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

export const systemClock: Clock = {
  now: wallMs,
  ...createSteadyTime(wallMs, monotonicMs),
  // Loading node:timers/promises would take a cold start more than a millisecond.
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, waitable(delayMs))),
  startTimer(delayMs, callback) {
    const timer = setTimeout(callback, waitable(delayMs));
    return () => clearTimeout(timer);
  },
};

/** For longer delays, and for NaN, Node would wait 1 ms. */
function waitable(delayMs: number): number {
  return delayMs < LONGEST_WAIT_MS ? delayMs : LONGEST_WAIT_MS;
}
