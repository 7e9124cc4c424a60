import type { Clock } from "./clock.js";

/** A point in time after which waiting is pointless. */
export interface Deadline {
  /** In the milliseconds of the clock's `steadyMs()`. */
  readonly at: number;
  /** Milliseconds left, the time for which the process was frozen taken off; 0 once it has passed. */
  remainingMs(): number;
  /**
   * Calls back when it has passed.
   *
   * @returns cancels that
   */
  whenPassed(callback: () => void): () => void;
}

export function deadlineAt(at: number, clock: Clock): Deadline {
  const remainingMs = (): number => {
    const leftMs = at - clock.steadyMs();
    // Also where it is no number: what waits for nothing must not wait again and again.
    return leftMs > 0 ? leftMs : 0;
  };
  return { at, remainingMs, whenPassed: (callback) => clock.startTimer(remainingMs(), callback) };
}

export function deadlineIn(budgetMs: number, clock: Clock): Deadline {
  return deadlineAt(clock.steadyMs() + budgetMs, clock);
}

/** The nearer of a deadline and a budget that starts now. */
export function atMost(budgetMs: number, deadline: Deadline, clock: Clock): Deadline {
  return deadlineAt(Math.min(deadline.at, clock.steadyMs() + budgetMs), clock);
}

/** Less than this is too short for a handshake, so it is not divided any further. */
const SMALLEST_SHARE_MS = 300;

/** The part of the remaining time that one silent peer may take, so that enough is left for another try. */
export function shareOf(deadline: Deadline): number {
  return Math.max(SMALLEST_SHARE_MS, deadline.remainingMs() / 2);
}

/**
 * Settles as `work` does, or rejects with `timeoutError()` when the deadline passes first.
 * `work` goes on in the background then: whoever started it has to stop it in `timeoutError`.
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
