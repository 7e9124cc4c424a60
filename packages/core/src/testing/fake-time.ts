import { vi } from "vitest";
import type { Clock } from "../time/clock.js";
// Loaded when it is first needed, which takes real time: made-up time would run ahead of it.
import "../on-demand.js";

/** A clock on the timers that `useFakeTime` put in place of Node's. */
export const fakeTimeClock: Clock = {
  now: () => Date.now(),
  steadyMs: () => Date.now(),
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
  startTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Time stands still until `passTime` moves it. The event loop goes on turning. */
export function useFakeTime(start: number): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: start });
}

/** Lets timers run for `ms`, and everything that follows from them at once. */
export async function passTime(ms: number): Promise<void> {
  await eventLoopTurns();
  await vi.advanceTimersByTimeAsync(ms);
  await eventLoopTurns();
}

/** What Lambda does between invocations: the wall clock moves and no timer runs. */
export function freeze(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

async function eventLoopTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
