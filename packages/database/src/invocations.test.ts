import { deadlineIn, type Lease } from "@rds-proxy/core/adapter";
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../core/src/testing/virtual-clock.js";
import { type EndRules, type Holder, Invocations } from "./invocations.js";

const DURABLE = Symbol.for("@aws/durable-execution-sdk-js/durable-context");

const clock = createVirtualClock();
const inMs = (budgetMs: number) => deadlineIn(budgetMs, clock);

interface ScriptedLease extends Lease<string> {
  readonly log: string[];
}

/** A lease with a log of its ends. */
function leaseOf(release: () => Promise<void> = async () => undefined): ScriptedLease {
  const log: string[] = [];
  return {
    log,
    db: "db",
    release(deadline) {
      log.push(`release within ${deadline.remainingMs()}`);
      return release();
    },
    destroy: (reason) => log.push(`destroy: ${reason}`),
  };
}

/** An invocation whose request id is unknown by default, as outside of Lambda. */
function holderOf(context: object = {}): Holder {
  return { context };
}

function invocationsWith(rules: Partial<EndRules<Holder>> = {}): Invocations<Holder> {
  return new Invocations({ isSequential: true, hasEnded: () => false, ...rules });
}

/** Begins an invocation that has a minute, and resolves with its lease. */
async function begin(
  invocations: Invocations<Holder>,
  holder: Holder,
  { lease = leaseOf(), budgetMs = 60_000 } = {},
): Promise<ScriptedLease> {
  await invocations.begin(holder, inMs(budgetMs), async () => lease);
  return lease;
}

/** What a promise has become after all that follows at once. */
async function stateOf(promise: Promise<unknown>): Promise<"pending" | "settled"> {
  let state: "pending" | "settled" = "pending";
  const settle = (): void => {
    state = "settled";
  };
  promise.then(settle, settle);
  await new Promise((resolve) => setImmediate(resolve));
  return state;
}

describe("an invocation", () => {
  it("has the lease that was acquired for it until it releases it, within its deadline, once", async () => {
    const invocations = invocationsWith();
    const [holder, other] = [holderOf(), holderOf()];
    const lease = leaseOf();
    expect(await invocations.begin(holder, inMs(1000), async () => lease)).toBe(lease);
    expect(invocations.leaseOf(holder)).toBe(lease);
    expect(invocations.leaseOf(other)).toBeUndefined();
    await invocations.release(holder, inMs(700));
    expect(invocations.leaseOf(holder)).toBeUndefined();
    await invocations.release(holder, inMs(600));
    invocations.destroy(holder, "too late");
    expect(lease.log).toEqual(["release within 700"]);
  });

  it("destroys its connection with the reason, once", async () => {
    const invocations = invocationsWith();
    const holder = holderOf();
    const lease = await begin(invocations, holder);
    invocations.destroy(holder, "invocation timed out");
    invocations.destroy(holder, "again");
    await invocations.release(holder, inMs(700));
    expect(lease.log).toEqual(["destroy: invocation timed out"]);
    expect(invocations.leaseOf(holder)).toBeUndefined();
    expect(invocations.isIdle).toBe(true);
  });

  it("without a lease releases and destroys nothing, and does not count as one that ended", async () => {
    const invocations = invocationsWith();
    await begin(invocations, holderOf());
    await invocations.release(holderOf(), inMs(1000));
    invocations.destroy(holderOf(), "invocation timed out");
    expect(invocations.isIdle).toBe(false);
  });

  it("that gets no connection fails with the error and is over", async () => {
    const invocations = invocationsWith();
    const holder = holderOf();
    const exhausted = new Error("no connection");
    const begun = invocations.begin(holder, inMs(1000), () => Promise.reject(exhausted));
    expect(invocations.isIdle).toBe(false);
    await expect(begun).rejects.toBe(exhausted);
    expect(invocations.isIdle).toBe(true);
    expect(invocations.leaseOf(holder)).toBeUndefined();
  });
});

describe("the wait until no invocation runs", () => {
  it("is over at once if there is none", async () => {
    expect(await stateOf(invocationsWith().untilIdle())).toBe("settled");
  });

  it("lasts while one waits for its connection, holds it, and releases it", async () => {
    const invocations = invocationsWith();
    const holder = holderOf();
    const acquired = Promise.withResolvers<Lease<string>>();
    const released = Promise.withResolvers<void>();
    const begun = invocations.begin(holder, inMs(1000), () => acquired.promise);
    const idle = invocations.untilIdle();
    expect(await stateOf(idle)).toBe("pending");
    acquired.resolve(leaseOf(() => released.promise));
    await begun;
    expect(await stateOf(idle)).toBe("pending");
    const done = invocations.release(holder, inMs(1000));
    expect(await stateOf(idle)).toBe("pending");
    released.resolve();
    await done;
    expect(await stateOf(idle)).toBe("settled");
  });

  it("lasts until the last of several has ended", async () => {
    const invocations = invocationsWith({ isSequential: false });
    const [first, second] = [holderOf(), holderOf()];
    await begin(invocations, first);
    await begin(invocations, second);
    const idle = [invocations.untilIdle(), invocations.untilIdle()];
    await invocations.release(first, inMs(1000));
    for (const each of idle) expect(await stateOf(each)).toBe("pending");
    invocations.destroy(second, "invocation timed out");
    for (const each of idle) expect(await stateOf(each)).toBe("settled");
  });

  it("ends although a release fails, whose error its caller gets", async () => {
    const invocations = invocationsWith();
    const holder = holderOf();
    await begin(invocations, holder, { lease: leaseOf(() => Promise.reject(new Error("broken"))) });
    await expect(invocations.release(holder, inMs(1000))).rejects.toThrow("broken");
    expect(invocations.isIdle).toBe(true);
  });
});

describe("an invocation that did not report its end", () => {
  const sameContext = { awsRequestId: "1" };

  it.each<[string, { held: object; next: object; isSequential?: boolean; isOver: boolean }]>([
    [
      "the next has another request id",
      { held: { awsRequestId: "1" }, next: { awsRequestId: "2" }, isOver: true },
    ],
    [
      "the next has the same one, as nested handlers do",
      { held: sameContext, next: sameContext, isOver: false },
    ],
    ["both have none", { held: {}, next: {}, isOver: false }],
    [
      "the process serves several at once",
      { held: { awsRequestId: "1" }, next: { awsRequestId: "2" }, isSequential: false, isOver: false },
    ],
    [
      "the next is a replay of its durable execution",
      { held: { awsRequestId: "1", [DURABLE]: 1 }, next: { awsRequestId: "1", [DURABLE]: 2 }, isOver: true },
    ],
    [
      "the next is the same context of a durable execution",
      (() => {
        const context = { awsRequestId: "1", [DURABLE]: 1 };
        return { held: context, next: context, isOver: false };
      })(),
    ],
    [
      "the next has the same request id in a copy of the context",
      { held: { awsRequestId: "1", [DURABLE]: 1 }, next: { awsRequestId: "1" }, isOver: false },
    ],
  ])("is found when %s", async (_, { held, next, isSequential = true, isOver }) => {
    const invocations = invocationsWith({ isSequential });
    const lease = await begin(invocations, holderOf(held));
    await invocations.releaseEnded(holderOf(next), inMs(500));
    expect(lease.log).toEqual(isOver ? ["release within 500"] : []);
  });

  it.each([true, false])("is found by its deadline, not before it (sequential: %s)", async (isSequential) => {
    const invocations = invocationsWith({ isSequential });
    const lease = await begin(invocations, holderOf({ awsRequestId: "1" }), { budgetMs: 1000 });
    clock.advance(999);
    await invocations.releaseEnded(holderOf({ awsRequestId: "1" }), inMs(500));
    await invocations.releaseEnded(undefined, inMs(500));
    expect(lease.log).toEqual([]);
    clock.advance(1);
    await invocations.releaseEnded(undefined, inMs(500));
    expect(lease.log).toEqual(["release within 500"]);
  });

  it("is found by what its holder shows, also without a next one", async () => {
    const ended = new Set<Holder>();
    const invocations = invocationsWith({ hasEnded: (holder) => ended.has(holder) });
    const [first, second] = [holderOf(), holderOf()];
    const leases = [await begin(invocations, first), await begin(invocations, second)];
    ended.add(second);
    await invocations.releaseEnded(undefined, inMs(500));
    expect(leases.map(({ log }) => log)).toEqual([[], ["release within 500"]]);
  });

  it("is waited for by the next one where the process serves one after the other", async () => {
    const released = Promise.withResolvers<void>();
    const invocations = invocationsWith({ hasEnded: () => true });
    await begin(invocations, holderOf(), { lease: leaseOf(() => released.promise) });
    const wait = invocations.releaseEnded(holderOf(), inMs(500));
    expect(wait).toBeInstanceOf(Promise);
    expect(await stateOf(Promise.resolve(wait))).toBe("pending");
    released.resolve();
    await wait;
    expect(invocations.isIdle).toBe(true);
  });

  it("is not waited for where the process serves several at once", async () => {
    const invocations = invocationsWith({ isSequential: false, hasEnded: () => true });
    const lease = await begin(invocations, holderOf(), {
      lease: leaseOf(() => new Promise(() => undefined)),
    });
    expect(invocations.releaseEnded(holderOf(), inMs(500))).toBeUndefined();
    expect(lease.log).toEqual(["release within 500"]);
  });

  it("costs the next one no promise if there is none", async () => {
    const invocations = invocationsWith();
    expect(invocations.releaseEnded(holderOf(), inMs(500))).toBeUndefined();
    await begin(invocations, holderOf());
    expect(invocations.releaseEnded(holderOf(), inMs(500))).toBeUndefined();
  });
});
