import { describe, expect, it } from "vitest";
import type { ConnectFailure } from "../failures/classify.js";
import { RETRY_OF_KIND } from "../failures/connect-failure.js";
import { retryConnect } from "../testing/retry-connect.js";
import { createVirtualClock } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { nextAttempt, type RetryPolicy } from "./retry.js";

const CLIENTS = 500;
const MINUTE_MS = 60_000;
const POLICY: RetryPolicy = { baseDelayMs: 50, maxDelayMs: 1000, maxAttempts: Number.POSITIVE_INFINITY };

/** A generator of numbers in [0, 1) that says the same each time: https://en.wikipedia.org/wiki/Xorshift, 32 bits. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** When clients that all wake at once attempt to connect, in milliseconds, while each attempt fails at once. */
function attemptsOf(kind: ConnectFailure["kind"], lengthMs: number): number[][] {
  const failure: ConnectFailure = {
    kind,
    retry: RETRY_OF_KIND[kind],
    isTls: false,
    remedy: "",
    codes: [],
    message: kind,
  };
  const random = seededRandom(20_261_125);
  return Array.from({ length: CLIENTS }, () => {
    const times = [0];
    for (let time = 0, attempt = 1; ; attempt++) {
      const next = nextAttempt(failure, attempt, attempt, MINUTE_MS, POLICY, random);
      if (!next) return times;
      time += next.delayMs;
      if (time > lengthMs) return times;
      times.push(time);
    }
  });
}

function histogram(times: readonly number[], bucketMs: number, lengthMs: number): number[] {
  const counts = new Array<number>(lengthMs / bucketMs).fill(0);
  for (const time of times) {
    const bucket = Math.floor(time / bucketMs);
    if (bucket < counts.length) counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

describe("500 clients that wait for a slot", () => {
  const clients = attemptsOf("exhausted", 10_000);

  it("attempt at evenly distributed times after the first seconds", () => {
    const steady = histogram(clients.flat(), 100, 10_000).slice(30);
    const mean = steady.reduce((sum, count) => sum + count, 0) / steady.length;
    // Independent clients vary by the square root of their number, here a tenth of the mean.
    for (const count of steady) expect(Math.abs(count - mean)).toBeLessThan(mean * 0.5);
  });

  it("spread their attempts within half a second of their common start", () => {
    const counts = histogram(clients.flat(), 100, 1000);
    expect(counts[0]).toBeGreaterThan(CLIENTS);
    for (const count of counts.slice(5)) expect(count).toBeLessThan(CLIENTS / 2);
  });

  it("use each slot within a second after it becomes free", () => {
    for (const times of clients) {
      for (const [index, time] of times.entries()) {
        expect(time - (times[index - 1] ?? 0)).toBeLessThanOrEqual(POLICY.maxDelayMs);
      }
    }
  });
});

describe("500 clients that log in too fast", () => {
  it("sign and connect about a fifth as often as clients that wait for a slot", () => {
    const throttled = histogram(attemptsOf("throttled", 30_000).flat(), 10_000, 30_000);
    const exhausted = histogram(attemptsOf("exhausted", 30_000).flat(), 10_000, 30_000);
    // From the second ten seconds on both are at their cap.
    expect(throttled[2]).toBeLessThan((exhausted[2] ?? 0) / 4.5);
  });
});

describe("500 clients with the same deadline", () => {
  const BUDGET_MS = 3000;

  /** When one client attempts to connect until its time is up. */
  async function attemptsUntilDeadline(
    random: () => number,
    kind: ConnectFailure["kind"],
  ): Promise<number[]> {
    const clock = createVirtualClock(0);
    const times: number[] = [];
    await retryConnect(
      async () => {
        times.push(clock.now());
        clock.advance(2);
        throw new Error("refused");
      },
      {
        deadline: deadlineIn(BUDGET_MS, clock),
        policy: POLICY,
        classify: () => ({
          kind,
          retry: RETRY_OF_KIND[kind],
          isTls: false,
          remedy: "",
          codes: [],
          message: kind,
        }),
        clock,
        random,
      },
    );
    return times;
  }

  it.each(["exhausted", "throttled", "auth"] as const)(
    "does not come back in one moment before it (%s)",
    async (kind) => {
      const random = seededRandom(20_261_128);
      const clients = await Promise.all(
        Array.from({ length: CLIENTS }, () => attemptsUntilDeadline(random, kind)),
      );
      // Later, since they begin in the same moment.
      const later = clients.flatMap((times) => times.slice(1)).filter((time) => time > BUDGET_MS / 3);
      const counts = histogram(later, 10, BUDGET_MS);
      // At the cap each of 500 clients comes about twice a second, which is 10 in 10 ms; those that wait for a new token
      // come within a quarter of a second, which is 20.
      for (const count of counts) expect(count).toBeLessThan(40);
    },
  );

  it("use the remaining time", async () => {
    const random = seededRandom(7);
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => attemptsUntilDeadline(random, "exhausted")),
    );
    const lasts = clients.map((times) => times.at(-1) ?? 0).toSorted((one, other) => one - other);
    expect(lasts[CLIENTS / 2]).toBeGreaterThan(BUDGET_MS - POLICY.maxDelayMs);
    expect(lasts.at(-1)).toBeLessThan(BUDGET_MS - 20);
  });
});
