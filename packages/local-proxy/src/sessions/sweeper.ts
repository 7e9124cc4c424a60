const intervalMs = 100;

/** Calls `sweep` every 100 ms with the clock's time, until it is stopped. Does not keep the process alive. */
export function startSweeper(now: () => number, sweep: (nowMs: number) => void): { stop(): void } {
  // One poll in place of a timer per connection: tests can set the clock that ages are measured by.
  const timer = setInterval(() => sweep(now()), intervalMs).unref();
  return { stop: () => clearInterval(timer) };
}
