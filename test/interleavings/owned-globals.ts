/**
 * Puts time and timers of the scheduler's in the place of Node's. The program imports this module first, because the library
 * saves Node's functions when it is loaded.
 *
 * @module
 */

/** What owns the timers and immediates while a schedule runs. */
export interface TimerOwner {
  startTimer(delayMs: number, callback: () => void): Timer;
  stopTimer(timer: Timer): void;
  atEndOfTurn(callback: () => void): void;
}

/** Stands for Node's `Timeout`. */
export class Timer {
  readonly at: number;
  readonly callback: () => void;
  isRef = true;

  constructor(at: number, callback: () => void) {
    this.at = at;
    this.callback = callback;
  }

  ref(): this {
    this.isRef = true;
    return this;
  }

  unref(): this {
    this.isRef = false;
    return this;
  }
}

/** Node's own, for the scheduler. */
export const realSetImmediate: (callback: () => void) => unknown = globalThis.setImmediate;

/**
 * Runs all jobs of promises and of `process.nextTick()` that are due, as Node does after each callback. Undocumented; Node.js has it
 * for programs that embed it.
 */
export const finishJobs: () => void = Reflect.get(process, "_tickCallback");

/** The clocks that the library reads, in milliseconds. A freeze moves only the wall clock. */
export const clocks: { wallMs: number; monotonicMs: number } = {
  wallMs: Date.parse("2026-03-01T12:00:00.000Z"),
  monotonicMs: 1_000_000,
};

let owner: TimerOwner | undefined;

/** Undefined between two schedules, when no timer may start. */
export function setTimerOwner(next: TimerOwner | undefined): void {
  owner = next;
}

function ownerOf(what: string): TimerOwner {
  if (!owner) throw new Error(`${what} was called while no schedule runs`);
  return owner;
}

type Callback = (...args: unknown[]) => void;

const hrtime = (): [number, number] => [
  Math.floor(clocks.monotonicMs / 1000),
  (clocks.monotonicMs % 1000) * 1_000_000,
];

Date.now = () => clocks.wallMs;
Object.assign(process, { hrtime: Object.assign(hrtime, { bigint: process.hrtime.bigint }) });
Object.assign(globalThis, {
  setTimeout: (callback: Callback, delayMs: number = 0, ...args: unknown[]) =>
    ownerOf("setTimeout").startTimer(Math.max(1, delayMs), () => callback(...args)),
  clearTimeout: (timer: unknown) => {
    if (timer instanceof Timer) owner?.stopTimer(timer);
  },
  setInterval: () => {
    throw new Error("setInterval is not simulated");
  },
  setImmediate: (callback: Callback, ...args: unknown[]) =>
    ownerOf("setImmediate").atEndOfTurn(() => callback(...args)),
});
