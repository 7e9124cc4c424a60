import type { Clock } from "./clock.js";

/** A point in time at which to stop waiting. */
export interface Deadline {
  /** In the milliseconds of the clock's `steadyMs()`. */
  readonly at: number;
  /** Milliseconds until the deadline, 0 once it has passed. Time in which the process is frozen counts. */
  remainingMs(): number;
  /**
   * Calls back when the deadline passes.
   *
   * @returns a function that cancels this
   */
  whenPassed(callback: () => void): () => void;
}

export function deadlineAt(at: number, clock: Clock): Deadline {
  return new FixedDeadline(at, clock);
}

/** A class, because each invocation creates some: an object of closures takes three times the memory. */
class FixedDeadline implements Deadline {
  readonly at: number;
  readonly #clock: Clock;

  constructor(at: number, clock: Clock) {
    this.at = at;
    this.#clock = clock;
  }

  remainingMs(): number {
    const leftMs = this.at - this.#clock.steadyMs();
    // 0 for NaN, too: loops that wait until the deadline must end.
    return leftMs > 0 ? leftMs : 0;
  }

  whenPassed(callback: () => void): () => void {
    return this.#clock.startTimer(this.remainingMs(), callback);
  }
}

export function deadlineIn(budgetMs: number, clock: Clock): Deadline {
  return deadlineAt(clock.steadyMs() + budgetMs, clock);
}

/** The earlier of a deadline and the end of a budget that starts now. */
export function atMost(budgetMs: number, deadline: Deadline, clock: Clock): Deadline {
  return deadlineAt(Math.min(deadline.at, clock.steadyMs() + budgetMs), clock);
}

/** A handshake needs this long, so the remaining time is not divided further. */
const SMALLEST_SHARE_MS = 300;

/** Half of the remaining time, in milliseconds: the most that one silent peer may take, so that another attempt has time. */
export function shareOf(deadline: Deadline): number {
  return Math.max(SMALLEST_SHARE_MS, deadline.remainingMs() / 2);
}

/**
 * Settles as `work` does, or rejects with `timeoutError()` when the deadline passes first.
 * `work` then continues in the background, unless `timeoutError` stops it.
 */
export async function within<T>(work: Promise<T>, deadline: Deadline, timeoutError: () => Error): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const cancel = deadline.whenPassed(() => reject(timeoutError()));
  try {
    return await Promise.race([work, timeout]);
  } finally {
    cancel();
  }
}

/** Whether `work` succeeds before the deadline passes. Otherwise it continues in the background, and may fail there. */
export async function succeedsWithin(work: Promise<unknown>, deadline: Deadline): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>();
  const cancel = deadline.whenPassed(() => resolve(false));
  const outcome = work.then(
    () => true,
    () => false,
  );
  const isDone = await Promise.race([outcome, tooLate]);
  cancel();
  return isDone;
}
