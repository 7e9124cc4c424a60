import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RdsProxyError } from "../errors.js";
import { type ResolvedRdsProxyOptions, resolveOptions } from "../options/options.js";
import { systemRuntime } from "../runtime.js";
import { fakeTimeClock } from "../testing/fake-time.js";
import { deadlineIn } from "../time/deadline.js";
import { ConnectionTurns } from "./connection-turns.js";

const options: ResolvedRdsProxyOptions = resolveOptions(
  { host: "localhost", user: "app", region: "eu-west-1", acquireTimeoutMs: 1000 },
  "postgres",
  { ...systemRuntime, clock: fakeTimeClock },
);

/** Turns whose users may wait for so long. */
function turnsWithin(budgetMs: number): ConnectionTurns {
  return new ConnectionTurns(options, deadlineIn(budgetMs, options.runtime.clock), "Query `trx` inside.");
}

describe("turns on one connection", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("go to callers in the order in which they came", async () => {
    const turns = turnsWithin(60_000);
    const order: number[] = [];
    await turns.acquire();
    const waiting = [1, 2, 3].map(async (n) => {
      await turns.acquire();
      order.push(n);
      turns.release();
    });
    expect(order).toEqual([]);
    turns.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
    await turns.acquire();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are waited for until acquireTimeoutMs, and a caller that gave up does not take one", async () => {
    const turns = turnsWithin(60_000);
    await turns.acquire();
    const refused = turns.acquire().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    const later = turns.acquire();
    await vi.advanceTimersByTimeAsync(1);
    expect(await refused).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(/still in use after 1000 ms.*`trx`/),
    });
    turns.release();
    await later;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are refused to present and later callers after close()", async () => {
    const turns = turnsWithin(60_000);
    await turns.acquire();
    const waiting = turns.acquire().catch((error: unknown) => error);
    turns.close();
    turns.release();
    for (const refused of [await waiting, await turns.acquire().catch((error: unknown) => error)]) {
      expect(refused).toBeInstanceOf(RdsProxyError);
      expect(refused).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not waited for after the caller's signal is aborted, but kept by a caller that was served before", async () => {
    const turns = turnsWithin(60_000);
    const caller = new AbortController();
    await turns.acquire(caller.signal);
    const first = turns.acquire(caller.signal);
    const refused = turns.acquire(caller.signal).catch((error: unknown) => error);
    const other = turns.acquire();
    turns.release();
    caller.abort(new Error("the caller's own"));
    await first;
    for (const error of [
      await refused,
      await turns.acquire(caller.signal).catch((error: unknown) => error),
    ]) {
      expect(error).toBe(caller.signal.reason);
    }
    turns.release();
    await other;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leave no listener on the caller's signal, which may be used for many queries", async () => {
    const turns = turnsWithin(60_000);
    const { signal } = new AbortController();
    await turns.acquire(signal);
    const served = turns.acquire(signal);
    const refused = turns.acquire(signal).catch((error: unknown) => error);
    expect(getEventListeners(signal, "abort")).toHaveLength(2);
    turns.release();
    await served;
    await vi.advanceTimersByTimeAsync(1000);
    await refused;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("are not waited for beyond the invocation's deadline", async () => {
    const turns = turnsWithin(50);
    await turns.acquire();
    const refused = turns.acquire().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    expect(await refused).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(/still in use after 50 ms/),
    });
  });
});
