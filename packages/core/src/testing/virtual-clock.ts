import { type Clock, systemClock } from "../time/clock.js";

/** A clock on which sleeping takes no time but moves the hands. */
export interface VirtualClock extends Clock {
  /** The waits so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Lets time pass, as work does. */
  advance(ms: number): void;
}

/** The time at which virtual clocks start. */
export const START: number = Date.parse("2026-03-01T12:00:00.000Z");

export function createVirtualClock(start: number = START): VirtualClock {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    steadyMs: () => now,
    sleep: async (delayMs) => {
      sleeps.push(delayMs);
      now += delayMs;
    },
    // What is really waited for comes in real time.
    startTimer: systemClock.startTimer,
    advance(ms) {
      now += ms;
    },
  };
}
