import { systemRuntime } from "@rds-proxy/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../core/src/testing/virtual-clock.js";
import { reserveMs, type TimedContext, timeBudget } from "./time-budget.js";

const UNLIMITED_MS = 2 ** 31 - 1;

/** The remaining times of an invocation with this context: in all, and for waiting. */
function budgetOf(context: object): [invocationMs: number, waitMs: number] {
  const { deadline, waitDeadline } = timeBudget(context, createVirtualClock());
  return [deadline.remainingMs(), waitDeadline.remainingMs()];
}

/** A context whose method needs its `this`. */
class HostContext {
  readonly #remainingMs = 3000;

  getRemainingTimeInMillis(): number {
    return this.#remainingMs;
  }
}

describe("the remaining time of an invocation", () => {
  it.each([
    [30_000, 500],
    [3000, 300],
    [300, 50],
    [10, 50],
  ])("of %i ms has a reserve of %i ms", (remainingMs, expectedMs) => {
    expect(reserveMs(remainingMs)).toBe(expectedMs);
    const budget = budgetOf({ getRemainingTimeInMillis: () => remainingMs });
    expect(budget).toEqual([remainingMs, Math.max(0, remainingMs - expectedMs)]);
  });

  it.each([
    ["a class", new HostContext()],
    ["a class, in a durable execution", { lambdaContext: new HostContext() }],
  ])("is read from %s by a method call", (_, context) => {
    expect(budgetOf(context)).toEqual([3000, 2700]);
  });

  it.each([
    ["no method", {}],
    ["a method that is null", { getRemainingTimeInMillis: null, lambdaContext: null }],
    ["a number in place of the method", { getRemainingTimeInMillis: 3000 }],
    ["NaN", { getRemainingTimeInMillis: () => Number.NaN }],
    ["Infinity", { getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY }],
    ["more than a timer can wait", { getRemainingTimeInMillis: () => 1e15 }],
    ["undefined", { getRemainingTimeInMillis: () => undefined }],
    ["null", { getRemainingTimeInMillis: () => null }],
    ["a text", { getRemainingTimeInMillis: () => "3000" }],
    ["a bigint", { getRemainingTimeInMillis: () => 3000n }],
    ["a boolean", { getRemainingTimeInMillis: () => true }],
    ["a symbol", { getRemainingTimeInMillis: () => Symbol("3000") }],
    ["an object", { getRemainingTimeInMillis: () => ({}) }],
    ["an object that cannot become a number", { getRemainingTimeInMillis: () => Object.create(null) }],
    ["a promise", { getRemainingTimeInMillis: async () => 3000 }],
    ["NaN in a durable execution", { lambdaContext: { getRemainingTimeInMillis: () => Number.NaN } }],
    [
      "an error",
      {
        getRemainingTimeInMillis: () => {
          throw new Error("Method not implemented.");
        },
      },
    ],
    [
      "an error in a getter",
      {
        get getRemainingTimeInMillis() {
          throw new Error("Not on this host.");
        },
      },
    ],
  ])("is unlimited if the answer is %s", (_, context) => {
    expect(budgetOf(context)).toEqual([UNLIMITED_MS, UNLIMITED_MS - 500]);
  });

  it.each([0, -1, -30_000, Number.NEGATIVE_INFINITY])("is 0 if the answer is %d", (answer) => {
    expect(budgetOf({ getRemainingTimeInMillis: () => answer })).toEqual([0, 0]);
  });

  it("fits into a timer, whatever the context returns", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        const context = { getRemainingTimeInMillis: () => answer } as unknown as TimedContext;
        const { deadline, waitDeadline } = timeBudget(context, systemRuntime.clock);
        for (const each of [deadline, waitDeadline]) {
          expect(each.remainingMs()).toBeGreaterThanOrEqual(0);
          expect(each.remainingMs()).toBeLessThanOrEqual(UNLIMITED_MS);
        }
      }),
    );
  });
});
