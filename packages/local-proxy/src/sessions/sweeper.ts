const intervalMs = 100;

/** Calls `sweep` now and then with the clock's time, until it is stopped. Never holds the process open. */
export function startSweeper(now: () => number, sweep: (nowMs: number) => void): { stop(): void } {
  // Ages are measured by a clock that may be set, so a timer for each would not do.
  const timer = setInterval(() => sweep(now()), intervalMs).unref();
  return { stop: () => clearInterval(timer) };
}
