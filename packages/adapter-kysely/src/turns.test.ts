import { RdsProxyError } from "@rds-proxy/core";
import { deadlineIn, type ResolvedRdsProxyOptions, resolveOptions } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeTimeClock } from "../../core/src/testing/fake-time.js";
import { Turns } from "./turns.js";

const options: ResolvedRdsProxyOptions = resolveOptions(
  { host: "localhost", user: "app", region: "eu-west-1", acquireTimeoutMs: 1000 },
  "postgres",
  { ...systemRuntime, clock: fakeTimeClock },
);

describe("turns on one connection", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("go to whoever came first", async () => {
    const turns = new Turns(options, deadlineIn(60_000, options.runtime.clock));
    const order: number[] = [];
    await turns.take();
    const waiting = [1, 2, 3].map(async (n) => {
      await turns.take();
      order.push(n);
      turns.pass();
    });
    expect(order).toEqual([]);
    turns.pass();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
    await turns.take();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are waited for until acquireTimeoutMs, and one that came too late is not lost", async () => {
    const turns = new Turns(options, deadlineIn(60_000, options.runtime.clock));
    await turns.take();
    const refused = turns.take().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    const later = turns.take();
    await vi.advanceTimersByTimeAsync(1);
    expect(await refused).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(/still in use after 1000 ms.*`trx`/),
    });
    turns.pass();
    await later;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("end for those who wait and those who come", async () => {
    const turns = new Turns(options, deadlineIn(60_000, options.runtime.clock));
    await turns.take();
    const waiting = turns.take().catch((error: unknown) => error);
    turns.end();
    turns.pass();
    for (const refused of [await waiting, await turns.take().catch((error: unknown) => error)]) {
      expect(refused).toBeInstanceOf(RdsProxyError);
      expect(refused).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not waited for once the caller's signal is aborted, and not lost to one whose turn has come", async () => {
    const turns = new Turns(options, deadlineIn(60_000, options.runtime.clock));
    const caller = new AbortController();
    await turns.take(caller.signal);
    const first = turns.take(caller.signal);
    const refused = turns.take(caller.signal).catch((error: unknown) => error);
    const other = turns.take();
    turns.pass();
    caller.abort(new Error("the caller's own"));
    await first;
    for (const error of [await refused, await turns.take(caller.signal).catch((error: unknown) => error)]) {
      expect(error).toBe(caller.signal.reason);
    }
    turns.pass();
    await other;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not waited for when the invocation has no more time", async () => {
    const turns = new Turns(options, deadlineIn(50, options.runtime.clock));
    await turns.take();
    const refused = turns.take().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    expect(await refused).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(/still in use after 50 ms/),
    });
  });
});
