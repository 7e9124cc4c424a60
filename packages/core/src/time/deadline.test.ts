import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeTimeClock } from "../testing/fake-time.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import { atMost, deadlineAt, deadlineIn, shareOf, succeedsWithin, within } from "./deadline.js";

describe("a deadline", () => {
  it("returns the remaining time, and 0 once it has passed", () => {
    const clock = createVirtualClock();
    const deadline = deadlineIn(1000, clock);
    expect([deadline.at, deadline.remainingMs()]).toEqual([START + 1000, 1000]);
    clock.advance(400);
    expect(deadline.remainingMs()).toBe(600);
    clock.advance(3_600_000);
    expect(deadline.remainingMs()).toBe(0);
  });

  it("stays where it is when the wall clock is set", () => {
    let wallMs = START;
    const clock = { ...createVirtualClock(), now: () => wallMs };
    const deadline = deadlineIn(1000, clock);
    for (const setTo of [START + 3_600_000, START - 3_600_000]) {
      wallMs = setTo;
      expect(deadline.remainingMs()).toBe(1000);
    }
  });

  it("is moved nearer by a budget and never further away", () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), (leftMs, budgetMs) => {
        const clock = createVirtualClock();
        const nearer = atMost(budgetMs, deadlineAt(START + leftMs, clock), clock);
        expect(nearer.remainingMs()).toBe(Math.min(leftMs, budgetMs));
      }),
    );
  });
});

describe("the share of one silent peer", () => {
  it.each([
    [10_000, 5000],
    [601, 300.5],
    [600, 300],
    [100, 300],
    [0, 300],
  ])("of %i ms is %d ms", (leftMs, shareMs) => {
    expect(shareOf(deadlineIn(leftMs, createVirtualClock()))).toBe(shareMs);
  });
});

describe("a budget that is no number", () => {
  it.each([Number.NaN, Number.NEGATIVE_INFINITY])(
    "(%d) leaves no time, and not time without end",
    (budgetMs) => {
      const clock = createVirtualClock();
      const deadline = deadlineIn(budgetMs, clock);
      expect(deadline.remainingMs()).toBe(0);
      expect(atMost(1000, deadline, clock).remainingMs()).toBe(0);
      expect(atMost(budgetMs, deadlineIn(1000, clock), clock).remainingMs()).toBe(0);
    },
  );
});

describe("work within a deadline", () => {
  const tooLate = (): Error => new Error("too late");

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("settles as the work does, and leaves no timer behind", async () => {
    const deadline = deadlineIn(1000, fakeTimeClock);
    expect(await within(Promise.resolve("done"), deadline, tooLate)).toBe("done");
    await expect(within(Promise.reject(new Error("broken")), deadline, tooLate)).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fails when the deadline passes first, and not earlier", async () => {
    const onTimeout = vi.fn(tooLate);
    const outcome = within(new Promise(() => undefined), deadlineIn(1000, fakeTimeClock), onTimeout);
    const failed = expect(outcome).rejects.toThrow("too late");
    await vi.advanceTimersByTimeAsync(999);
    expect(onTimeout).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await failed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fails at once when the deadline has passed, but takes what is already there", async () => {
    const passed = deadlineIn(0, fakeTimeClock);
    expect(await within(Promise.resolve("done"), passed, tooLate)).toBe("done");
    const failed = expect(within(new Promise(() => undefined), passed, tooLate)).rejects.toThrow("too late");
    await vi.advanceTimersByTimeAsync(1);
    await failed;
  });

  it("is not reported as unhandled when it fails after its deadline", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const failed = expect(within(promise, deadlineIn(10, fakeTimeClock), tooLate)).rejects.toThrow(
      "too late",
    );
    await vi.advanceTimersByTimeAsync(10);
    await failed;
    reject(new Error("late failure"));
    await new Promise((turn) => setImmediate(turn));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("succeeds or does not, which leaves no timer behind", async () => {
    const deadline = deadlineIn(1000, fakeTimeClock);
    expect(await succeedsWithin(Promise.resolve("done"), deadline)).toBe(true);
    expect(await succeedsWithin(Promise.reject(new Error("broken")), deadline)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not succeed when the deadline passes first, even if it fails later", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const known = vi.fn();
    const outcome = succeedsWithin(promise, deadlineIn(1000, fakeTimeClock));
    void outcome.then(known);
    await vi.advanceTimersByTimeAsync(999);
    expect(known).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toBe(false);
    reject(new Error("late failure"));
    await new Promise((turn) => setImmediate(turn));
  });
});
