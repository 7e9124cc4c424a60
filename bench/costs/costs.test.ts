import { describe, expect, it } from "vitest";
import { findingsOf, renderFindings } from "./costs.js";

describe("a budget", () => {
  const budgets = { promises: 20, writes: 0 };

  it("holds up to the cost of the limit and itself", () => {
    const findings = findingsOf({ promises: 16, writes: 1 }, { promises: 36, writes: 1 }, budgets);
    expect(findings.map(({ isExceeded }) => isExceeded)).toEqual([false, false]);
    expect(renderFindings("pg", findings)).not.toContain("above");
  });

  it.each([
    { promises: 37, writes: 1 },
    { promises: 36, writes: 2 },
    { promises: Number.NaN, writes: 1 },
  ])("is exceeded by $promises promises and $writes writes", (ours) => {
    const findings = findingsOf({ promises: 16, writes: 1 }, ours, budgets);
    expect(findings.filter(({ isExceeded }) => isExceeded)).toHaveLength(1);
    expect(renderFindings("pg", findings)).toContain("above the budget");
  });

  it("is needed for each cost that was counted", () => {
    expect(() => findingsOf({ turns: 2 } as object, { promises: 1 }, budgets)).toThrow(
      "promises: expected a count of both and a budget",
    );
    expect(() => findingsOf({ timers: 1 }, { timers: 1 }, budgets)).toThrow("timers:");
  });
});
