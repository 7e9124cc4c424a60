import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairwiseRatios, quantile, quartiles } from "./statistics.js";

const times = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 });

describe("a quantile", () => {
  it("is a value of the list or interpolated between two", () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.99)).toBeCloseTo(4.96);
  });

  it("of one value is that value", () => {
    expect(quartiles([7])).toEqual({ lower: 7, median: 7, upper: 7 });
  });

  it("of no values throws", () => {
    expect(() => quantile([], 0.5)).toThrow("no values");
  });

  it("does not depend on the order, lies within the values, and does not change the list", () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const given = [...values];
        const result = quantile(values, share);
        expect(values).toEqual(given);
        expect(result).toBeCloseTo(quantile(values.toReversed(), share), 6);
        expect(result).toBeGreaterThanOrEqual(Math.min(...values));
        expect(result).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });
});

describe("pairwise ratios", () => {
  it("divide by the limit of the same round", () => {
    expect(pairwiseRatios([2, 30], [1, 10])).toEqual([2, 3]);
  });

  it("leave out rounds in which one of the two failed", () => {
    expect(pairwiseRatios([2, undefined, 8], [1, 10, undefined])).toEqual([2]);
  });

  it("are 1 for the limit itself", () => {
    fc.assert(
      fc.property(times, (values) => {
        expect(new Set(pairwiseRatios(values, values))).toEqual(new Set([1]));
      }),
    );
  });
});
