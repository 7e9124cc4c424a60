import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jitterBoundMs } from "./backoff.js";

const POLICY = { baseDelayMs: 50, maxDelayMs: 1000 };

describe("the longest wait before the next attempt", () => {
  it.each([
    [1, 50],
    [2, 100],
    [3, 200],
    [5, 800],
    [6, 1000],
    [20, 1000],
    [5000, 1000],
  ])("after attempt %i is %d ms", (attempt, boundMs) => {
    expect(jitterBoundMs(attempt, POLICY)).toBe(boundMs);
  });

  it.each([
    { baseDelayMs: 0, maxDelayMs: 1000 },
    { baseDelayMs: 0, maxDelayMs: 0 },
    { baseDelayMs: 1000, maxDelayMs: 0 },
    { baseDelayMs: 0.001, maxDelayMs: 5 },
  ])("leaves room for a wait however short it was asked to be: $baseDelayMs, $maxDelayMs", (policy) => {
    for (const attempt of [1, 2, 1024, 5000]) expect(jitterBoundMs(attempt, policy)).toBe(20);
  });

  it("is below the cap and the doubled base, and never below 20 ms", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true }),
        fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true }),
        (attempt, baseDelayMs, maxDelayMs) => {
          const boundMs = jitterBoundMs(attempt, { baseDelayMs, maxDelayMs });
          expect(boundMs).toBeGreaterThanOrEqual(20);
          expect(boundMs).toBeLessThanOrEqual(Math.max(20, maxDelayMs));
          expect(boundMs).toBeLessThanOrEqual(Math.max(20, baseDelayMs * 2 ** Math.min(attempt - 1, 1023)));
        },
      ),
    );
  });
});
