import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fullJitterDelayMs } from "./backoff.js";

const POLICY = { baseDelayMs: 50, maxDelayMs: 1000 };

describe("the wait before the next attempt", () => {
  it.each([
    [1, 0.5, 25],
    [2, 0.5, 50],
    [3, 0.5, 100],
    [5, 0.5, 400],
    [6, 0.5, 500],
    [20, 0.5, 500],
    [1, 0, 0],
    [6, 0, 0],
    [1, 0.99, 49.5],
    [100, 0.99, 990],
  ])("after attempt %i with a draw of %d is %d ms", (attempt, draw, delayMs) => {
    expect(fullJitterDelayMs(attempt, POLICY, () => draw)).toBeCloseTo(delayMs, 9);
  });

  it("is drawn below the cap and not cut off at it, so that clients do not come back together", () => {
    const delays = [0.1, 0.4, 0.9].map((draw) => fullJitterDelayMs(10, POLICY, () => draw));
    expect(delays).toEqual([100, 400, 900]);
  });

  it("is never negative, and below both the cap and the doubled base", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, baseDelayMs, maxDelayMs, draw) => {
          const delayMs = fullJitterDelayMs(attempt, { baseDelayMs, maxDelayMs }, () => draw);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThan(Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)));
        },
      ),
    );
  });

  it.each([0, 50])("stays a number however often was tried, with a base of %i ms", (baseDelayMs) => {
    const delayMs = fullJitterDelayMs(5000, { baseDelayMs, maxDelayMs: 1000 }, () => 0.5);
    expect(delayMs).toBe(baseDelayMs === 0 ? 0 : 500);
  });
});
