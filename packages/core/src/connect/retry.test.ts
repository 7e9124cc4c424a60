import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnectFailure } from "../failures/classify.js";
import { type ConnectFailureKind, RETRY_OF_KIND, type Retry } from "../failures/connect-failure.js";
import { type RetryOutcome, retryConnect } from "../testing/retry-connect.js";
import { createVirtualClock } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { nextAttempt, type RetryPolicy } from "./retry.js";

const POLICY: RetryPolicy = { baseDelayMs: 50, maxDelayMs: 1000, maxAttempts: Number.POSITIVE_INFINITY };
const HALF = (): number => 0.5;
const ALWAYS_RETRIED = ["exhausted", "borrow-timeout", "dropped", "starting"] as const;

function failure(kind: ConnectFailureKind, retry: Retry = RETRY_OF_KIND[kind]): ConnectFailure {
  return { kind, retry, isTls: false, remedy: "", codes: [], message: kind };
}

describe("the wait before the next attempt", () => {
  it.each(
    ALWAYS_RETRIED.flatMap((kind) => [
      [kind, 1, 25] as const,
      [kind, 4, 200] as const,
      [kind, 50, 500] as const,
    ]),
  )("after %s on attempt %i is half of the bound for a draw of one half: %i ms", (kind, attempt, delayMs) => {
    expect(nextAttempt(failure(kind), attempt, attempt, 30_000, POLICY, HALF)?.delayMs).toBe(delayMs);
  });

  it.each([
    [1, 125],
    [4, 1000],
    [50, 2500],
  ])("is five times as long when logins are throttled: after attempt %i %i ms", (attempt, delayMs) => {
    expect(nextAttempt(failure("throttled"), attempt, attempt, 30_000, POLICY, HALF)?.delayMs).toBe(delayMs);
  });

  it.each([
    ["auth", 1, 125],
    ["auth", 2, undefined],
    ["read-only", 1, undefined],
    ["permanent", 1, undefined],
  ] as const)("after %s number %i is %s", (kind, failuresAlike, delayMs) => {
    expect(nextAttempt(failure(kind), 1, failuresAlike, 30_000, POLICY, HALF)?.delayMs).toBe(delayMs);
  });

  it.each(["exhausted", "dropped"] as const)("comes once after a limited failure (%s)", (kind) => {
    expect(nextAttempt(failure(kind, "once"), 1, 1, 30_000, POLICY, HALF)?.delayMs).toBe(25);
    expect(nextAttempt(failure(kind, "once"), 2, 2, 30_000, POLICY, HALF)?.delayMs).toBeUndefined();
  });

  it.each([
    [2000, { delayMs: 500, isLast: false }],
    [1021, { delayMs: 500, isLast: false }],
    [1020, { delayMs: 500, isLast: true }],
    [520, { delayMs: 250, isLast: true }],
    [21, { delayMs: 0.5, isLast: true }],
    [20, undefined],
    [0, undefined],
    [Number.NaN, undefined],
  ])("with %i ms left is drawn from what an attempt of 20 ms leaves of them: %o", (remainingMs, next) => {
    expect(nextAttempt(failure("exhausted"), 10, 10, remainingMs, POLICY, HALF)).toEqual(next);
  });

  it.each([
    [10_000, 600, 725],
    // Not at the beginning of the second, when all who were refused in the one before could come.
    [645, 600, 612.5],
    [620, 600, 125],
    [400, 600, 125],
  ])(
    "with %i ms left comes after the %i in which a token would be the same, where it can",
    (remainingMs, earliestMs, delayMs) => {
      expect(nextAttempt(failure("auth"), 1, 1, remainingMs, POLICY, HALF, earliestMs)?.delayMs).toBe(
        delayMs,
      );
    },
  );

  it("never reaches the deadline", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALWAYS_RETRIED, "throttled" as const, "auth" as const),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 0, max: 900_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (kind, attempt, remainingMs, draw) => {
          const next = nextAttempt(failure(kind), attempt, 1, remainingMs, POLICY, () => draw);
          if (!next) expect(remainingMs).toBeLessThanOrEqual(20);
          else expect(next.delayMs).toBeLessThan(remainingMs - 20);
        },
      ),
    );
  });
});

describe("connecting with retries", () => {
  interface Run {
    readonly outcome: RetryOutcome<string>;
    readonly sleeps: readonly number[];
    readonly startedAt: readonly number[];
    readonly retries: readonly [attempt: number, kind: string, delayMs: number][];
  }

  /** Plays the failures one after the other, the last one for ever; "" is success. */
  async function run(
    script: readonly (ConnectFailure | "")[],
    {
      budgetMs = 30_000,
      attemptMs = 10,
      policy = POLICY,
    }: { budgetMs?: number; attemptMs?: number; policy?: RetryPolicy } = {},
  ): Promise<Run> {
    const clock = createVirtualClock(0);
    const startedAt: number[] = [];
    const retries: [number, string, number][] = [];
    const outcome = await retryConnect<string>(
      async (attempt) => {
        startedAt.push(clock.now());
        clock.advance(attemptMs);
        const step = script[Math.min(attempt, script.length) - 1];
        if (!step) return "connection";
        throw Object.assign(new Error(`failure ${attempt}`), { failure: step });
      },
      {
        deadline: deadlineIn(budgetMs, clock),
        policy,
        classify: (error) =>
          error instanceof Error && "failure" in error && isFailure(error.failure)
            ? error.failure
            : failure("permanent"),
        clock,
        random: HALF,
        onFailure: (attempt, { kind }, delayMs) => {
          if (delayMs !== undefined) retries.push([attempt, kind, delayMs]);
        },
      },
    );
    return { outcome, sleeps: clock.sleeps, startedAt, retries };
  }

  function isFailure(value: unknown): value is ConnectFailure {
    return typeof value === "object" && value !== null && "kind" in value;
  }

  it("does not wait when the first attempt succeeds", async () => {
    const { outcome, sleeps } = await run([""]);
    expect(outcome).toEqual({ succeeded: true, value: "connection", attempts: 1 });
    expect(sleeps).toEqual([]);
  });

  it("waits longer each time, reports each retry, and counts the attempts", async () => {
    const { outcome, sleeps, retries } = await run([
      failure("exhausted"),
      failure("dropped"),
      failure("starting"),
      "",
    ]);
    expect(outcome).toEqual({ succeeded: true, value: "connection", attempts: 4 });
    expect(sleeps).toEqual([25, 50, 100]);
    expect(retries).toEqual([
      [1, "exhausted", 25],
      [2, "dropped", 50],
      [3, "starting", 100],
    ]);
  });

  it("makes its last attempt at a random time before the deadline, and then stops", async () => {
    const { outcome, startedAt } = await run([failure("exhausted")], { budgetMs: 3000 });
    expect(outcome).toMatchObject({ succeeded: false, failure: { kind: "exhausted" } });
    expect(startedAt).toEqual([0, 35, 95, 205, 415, 825, 1335, 1845, 2355, 2672.5]);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY])(
    "makes one attempt when its budget is %d",
    async (budgetMs) => {
      const { outcome, startedAt } = await run([failure("exhausted")], { budgetMs });
      expect(outcome).toMatchObject({ succeeded: false, attempts: 1 });
      expect(startedAt).toEqual([0]);
    },
  );

  it("waits between attempts also where the options ask for no wait", async () => {
    const policy = { ...POLICY, baseDelayMs: 0, maxDelayMs: 0 };
    const { outcome } = await run([failure("dropped")], { policy, budgetMs: 1000, attemptMs: 0 });
    expect(outcome.attempts).toBeLessThan(110);
  });

  it("makes one attempt even if no time remains", async () => {
    const { outcome, startedAt } = await run([failure("exhausted")], { budgetMs: 0 });
    expect(outcome).toMatchObject({ succeeded: false, attempts: 1 });
    expect(startedAt).toEqual([0]);
  });

  it("tries a refused login exactly twice, also after other failures", async () => {
    expect((await run([failure("auth")])).outcome.attempts).toBe(2);
    const exhaustedFirst = [
      failure("exhausted"),
      failure("exhausted"),
      failure("exhausted"),
      failure("auth"),
    ];
    expect((await run(exhaustedFirst)).outcome.attempts).toBe(5);
    const mixed = [failure("auth"), failure("exhausted"), failure("auth")];
    expect((await run(mixed)).outcome.attempts).toBe(3);
  });

  it("tries a limited failure exactly twice, also after unlimited ones of the same kind", async () => {
    expect((await run([failure("dropped", "once")])).outcome.attempts).toBe(2);
    const dropsFirst = [failure("dropped"), failure("dropped"), failure("dropped", "once")];
    expect((await run(dropsFirst)).outcome.attempts).toBe(4);
    const dropBetween = [failure("dropped", "once"), failure("dropped"), failure("dropped", "once")];
    expect((await run(dropBetween)).outcome.attempts).toBe(3);
  });

  it.each(["permanent", "read-only"] as const)("tries once when the failure is %s", async (kind) => {
    const { outcome, sleeps } = await run([failure(kind)]);
    expect(outcome).toMatchObject({ succeeded: false, attempts: 1, failure: { kind } });
    expect(sleeps).toEqual([]);
  });

  it.each([1, 2, 5])(
    "makes %i attempts when maxAttempts says so, the first included",
    async (maxAttempts) => {
      const { outcome } = await run([failure("exhausted")], { policy: { ...POLICY, maxAttempts } });
      expect(outcome.attempts).toBe(maxAttempts);
    },
  );

  it("logs in less often while it is throttled", async () => {
    const throttled = await run([failure("throttled")]);
    const exhausted = await run([failure("exhausted")]);
    expect(throttled.sleeps.slice(0, 4)).toEqual([125, 250, 500, 1000]);
    expect(throttled.outcome.attempts).toBeLessThan(exhausted.outcome.attempts / 3);
  });

  it("reports the cause of the retries, not that the deadline ended the last attempt", async () => {
    const { outcome } = await run([failure("exhausted"), failure("exhausted"), failure("dropped")], {
      budgetMs: 150,
      attemptMs: 30,
    });
    expect(outcome).toMatchObject({
      attempts: 3,
      failure: { kind: "exhausted" },
      error: { message: "failure 2" },
    });
  });

  it("reports the cause of the retries, not that the last attempt got no answer in its half of the remaining time", async () => {
    const silence = { ...failure("dropped"), codes: ["ETIMEDOUT"] };
    // The wait after the first attempt could reach the deadline, so that the second is the last.
    const policy = { ...POLICY, baseDelayMs: 1000 };
    const { outcome } = await run([failure("exhausted"), silence], {
      policy,
      budgetMs: 1000,
      attemptMs: 100,
    });
    expect(outcome).toMatchObject({
      attempts: 2,
      failure: { kind: "exhausted" },
      error: { message: "failure 1" },
    });
  });

  it("reports a dropped handshake as such if time remains", async () => {
    const policy = { ...POLICY, maxAttempts: 2 };
    const { outcome } = await run([failure("exhausted"), failure("dropped")], { policy });
    expect(outcome).toMatchObject({ failure: { kind: "dropped" }, error: { message: "failure 2" } });
  });
});
