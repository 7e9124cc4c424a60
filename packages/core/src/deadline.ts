import type { Clock } from "./clock.js";

/** A point in time after which waiting is pointless. */
export interface Deadline {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds left by the wall clock; 0 once it has passed. */
  remainingMs(): number;
}

export function deadlineAt(at: number, clock: Clock): Deadline {
  return { at, remainingMs: () => Math.max(0, at - clock.now()) };
}

export function deadlineIn(budgetMs: number, clock: Clock): Deadline {
  return deadlineAt(clock.now() + budgetMs, clock);
}

/** The nearer of a deadline and a budget that starts now. */
export function atMost(budgetMs: number, deadline: Deadline, clock: Clock): Deadline {
  return deadlineAt(Math.min(deadline.at, clock.now() + budgetMs), clock);
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
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeoutError()), deadline.remainingMs());
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
