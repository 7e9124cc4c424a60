import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.js";

test("allows at most the rate within any second, and recovers afterwards", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }),
      (perSecond, steps) => {
        let nowMs = 0;
        const limit = new RateLimit(perSecond, () => nowMs);
        const passed: number[] = [];
        for (const step of steps) {
          nowMs += step;
          const before = passed.filter((atMs) => nowMs - atMs < 1000).length;
          expect(limit.pass()).toBe(before < perSecond);
          if (before < perSecond) passed.push(nowMs);
        }
      },
    ),
  );
});

test("without a number, allows everything", () => {
  const limit = new RateLimit(undefined, () => 0);
  expect(Array.from({ length: 1000 }, () => limit.pass())).not.toContain(false);
});
