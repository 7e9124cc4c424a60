import { describe, expect, it } from "vitest";
import { errorOf } from "../../core/src/testing/errors.js";
import { createVirtualClock, START } from "../../core/src/testing/virtual-clock.js";
import { Caller, type LeaseOptions } from "./lease-options.js";

const clock = createVirtualClock();
const withRemaining = (remainingMs: number) => ({ getRemainingTimeInMillis: () => remainingMs });

/** The remaining times of a caller with these options: in all, and for waiting. */
function budgetOf(options: LeaseOptions): number[] {
  const { deadline, waitDeadline } = new Caller(options).timeBudget(clock);
  return [deadline.remainingMs(), waitDeadline.remainingMs()];
}

function refusalOf(options: unknown): string {
  const { code, message } = errorOf(() => Reflect.construct(Caller, [options]));
  expect(code).toBe("RDS_PROXY_INVALID_OPTION");
  return message;
}

describe("the time of a caller", () => {
  it.each<[string, LeaseOptions, number[]]>([
    ["a context alone", { context: withRemaining(3000) }, [3000, 2700]],
    ["a deadline alone", { deadline: START + 3000 }, [3000, 2700]],
    ["a date", { deadline: new Date(START + 3000) }, [3000, 2700]],
    [
      "a deadline before the invocation's",
      { context: withRemaining(9000), deadline: START + 3000 },
      [3000, 2700],
    ],
    ["a deadline after it", { context: withRemaining(3000), deadline: START + 9000 }, [3000, 2700]],
    ["a deadline that has passed", { deadline: START - 1 }, [0, 0]],
    ["a deadline that never comes", { deadline: Number.POSITIVE_INFINITY }, [2 ** 31 - 1, 2 ** 31 - 501]],
    ["none", {}, [2 ** 31 - 1, 2 ** 31 - 501]],
  ])("is limited by %s", (_, options, expected) => {
    expect(budgetOf(options)).toEqual(expected);
  });

  it("is what is left when it is asked for", () => {
    const later = createVirtualClock();
    const caller = new Caller({ deadline: START + 3000 });
    later.advance(1000);
    expect(caller.timeBudget(later).deadline.remainingMs()).toBe(2000);
  });
});

describe("the context of a caller", () => {
  it("is the invocation's own, or one without a request id", () => {
    const context = { awsRequestId: "1" };
    expect(new Caller({ context }).context).toBe(context);
    expect(new Caller({}).context).toEqual({});
  });
});

describe("options of a lease", () => {
  const deadline = "deadline: expected a valid Date, or a number of milliseconds since the epoch, received";

  it.each<[unknown, string]>([
    ["context", "options: expected an object, received a value of type string. "],
    [{ timeout: 1 }, "timeout: not a known option. Known are: context, deadline."],
    [{ context: "1" }, "context: expected an object, received a value of type string. "],
    [{ deadline: Number.NaN }, `${deadline} NaN. For a duration, pass Date.now() plus its milliseconds.`],
    [{ deadline: new Date(Number.NaN) }, deadline],
    [{ deadline: "2026-03-01" }, `${deadline} "2026-03-01".`],
    [{ deadline: null }, `${deadline} null.`],
  ])("are refused when they are wrong: %o", (options, message) => {
    expect(refusalOf(options)).toContain(message);
  });
});
