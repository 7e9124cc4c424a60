import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { START } from "../testing/virtual-clock.js";
import { createSteadyTime, systemClock } from "./clock.js";

const HOUR_MS = 60 * 60_000;

/** Two clocks that a test moves, and the steady time that is made of them. */
function createClocks(): {
  readonly steadyMs: () => number;
  readonly suspendedMs: () => number;
  /** Both go on. */
  pass(ms: number): void;
  /** The process stands still, and the monotonic clock with it. */
  suspend(ms: number): void;
  /** The wall clock is set forward, or back. */
  set(byMs: number): void;
} {
  let wall = START;
  let monotonic = 1234.5;
  return {
    ...createSteadyTime(
      () => Math.trunc(wall),
      () => monotonic,
    ),
    pass(ms) {
      wall += ms;
      monotonic += ms;
    },
    suspend(ms) {
      wall += ms;
    },
    set(byMs) {
      wall += byMs;
    },
  };
}

describe("steady time", () => {
  it("goes as fast as both clocks", () => {
    const clocks = createClocks();
    const start = clocks.steadyMs();
    clocks.pass(5000);
    expect(clocks.steadyMs() - start).toBe(5000);
  });

  it("counts a freeze in which the monotonic clock stood still", () => {
    const clocks = createClocks();
    const start = clocks.steadyMs();
    clocks.pass(100);
    clocks.suspend(HOUR_MS);
    expect(clocks.steadyMs() - start).toBe(HOUR_MS + 100);
  });

  it("counts a freeze once, in which the monotonic clock went on", () => {
    const clocks = createClocks();
    const start = clocks.steadyMs();
    clocks.pass(HOUR_MS);
    expect(clocks.steadyMs() - start).toBe(HOUR_MS);
  });

  it("tells a suspension from time that passes", () => {
    const clocks = createClocks();
    clocks.pass(HOUR_MS);
    expect(clocks.suspendedMs()).toBe(0);
    clocks.suspend(HOUR_MS);
    clocks.set(-1000);
    expect(clocks.suspendedMs()).toBe(HOUR_MS - 1000);
  });

  it.each([
    [49, 0],
    [50, 50],
  ])("counts a wall clock that is %i ms ahead as a suspension of %i ms", (aheadMs, suspendedMs) => {
    const clocks = createClocks();
    clocks.suspend(aheadMs);
    expect(clocks.suspendedMs()).toBe(suspendedMs);
  });

  it("starts at the time of the wall clock, in whole milliseconds", () => {
    const clocks = createClocks();
    expect(clocks.steadyMs()).toBe(START);
    clocks.pass(0.7);
    expect(clocks.steadyMs()).toBe(START);
  });

  it.each([-10_000, -HOUR_MS])("goes on while the wall clock is set by %i ms", (byMs) => {
    const clocks = createClocks();
    const start = clocks.steadyMs();
    clocks.pass(6000);
    clocks.set(byMs);
    expect(clocks.steadyMs() - start).toBe(6000);
    clocks.pass(6000);
    expect(clocks.steadyMs() - start).toBe(12_000);
  });

  it("counts a freeze after the wall clock was set back", () => {
    const clocks = createClocks();
    const start = clocks.steadyMs();
    clocks.set(-HOUR_MS);
    clocks.steadyMs();
    clocks.suspend(60_000);
    expect(clocks.steadyMs() - start).toBe(60_000);
  });

  it("does not run faster when it is read often, although the wall clock has whole milliseconds", () => {
    const clocks = createClocks();
    const start = clocks.steadyMs();
    for (let reading = 0; reading < 10_000; reading++) {
      clocks.pass(0.1);
      clocks.steadyMs();
    }
    expect(clocks.steadyMs() - start).toBeLessThanOrEqual(1000);
  });

  it("never goes back, never counts less than the monotonic clock, nor less than a freeze of note", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("pass" as const), ms: fc.nat(10_000) }),
      fc.record({ do: fc.constant("suspend" as const), ms: fc.integer({ min: 60, max: 10 * HOUR_MS }) }),
      fc.record({ do: fc.constant("set" as const), ms: fc.integer({ min: -HOUR_MS, max: -1 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const clocks = createClocks();
        const start = clocks.steadyMs();
        let expected = 0;
        let previous = start;
        for (const { do: change, ms } of steps) {
          clocks[change](ms);
          if (change !== "set") expected += ms;
          const now = clocks.steadyMs();
          expect(now).toBeGreaterThanOrEqual(previous);
          previous = now;
        }
        // Readings are whole milliseconds.
        expect(Math.abs(previous - start - expected)).toBeLessThanOrEqual(steps.length + 1);
      }),
    );
  });
});

describe("the system's clock", () => {
  it.each([2 ** 31, Number.POSITIVE_INFINITY, Number.NaN])(
    "does not fire a timer of %d ms at once, as Node does",
    async (delayMs) => {
      let hasFired = false;
      const cancel = systemClock.startTimer(delayMs, () => {
        hasFired = true;
      });
      await systemClock.sleep(20);
      cancel();
      expect(hasFired).toBe(false);
    },
  );
});

describe("a timer of the system's clock", () => {
  it("calls back once, and not if it was cancelled", async () => {
    const called: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    systemClock.startTimer(1, () => called.push("cancelled"))();
    systemClock.startTimer(2, () => {
      called.push("fired");
      resolve();
    });
    await promise;
    expect(called).toEqual(["fired"]);
  });
});
