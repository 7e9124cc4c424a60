import { systemRuntime } from "@rds-proxy/core";
import { vi } from "vitest";

/** A date that a test sets. */
export interface SettableDate {
  /** Puts it forward, as a long freeze does. */
  advance(ms: number): void;
  /** Gives the process its own date back. */
  restore(): void;
}

/** Stops this process's date, and has the clock of `@rds-proxy/core` go by it, which no fake reaches by itself. */
export function stopDate(): SettableDate {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const { clock } = systemRuntime;
  const spies = [vi.spyOn(clock, "now"), vi.spyOn(clock, "steadyMs")];
  for (const spy of spies) spy.mockImplementation(() => Date.now());
  return {
    advance: (ms) => vi.setSystemTime(Date.now() + ms),
    restore() {
      for (const spy of spies) spy.mockRestore();
      vi.useRealTimers();
    },
  };
}
