import { systemRuntime } from "@rds-proxy/core/internal";
import { vi } from "vitest";

/** The stopped date of this process. */
export interface SettableDate {
  /** Moves it forward, as a long freeze does. */
  advance(ms: number): void;
  /** Restores the real date. */
  restore(): void;
}

/** Stops this process's date and the clock of `@rds-proxy/core`, which fake timers do not reach. */
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
