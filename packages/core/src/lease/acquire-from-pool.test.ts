import { EventEmitter } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { ORIGIN, resolvedOptions } from "../testing/resolved-options.js";
import { createVirtualClock, type VirtualClock } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { createPoolTaker, isFitForPool, type PooledDriver, reportLate } from "./acquire-from-pool.js";
import type { ConnectionState } from "./driver.js";
import { firstEvent } from "./first-event.js";

interface Setting {
  readonly clock: VirtualClock;
  readonly options: ResolvedRdsProxyOptions;
}

function setUp(maxConnections = 1): Setting {
  const clock = createVirtualClock();
  return { clock, options: resolvedOptions({ maxConnections }, { clock, random: () => 0.5 }) };
}

describe("createPoolTaker", () => {
  /** A pool whose kept connections are never fit, and that opens another one as soon as one is destroyed. */
  function unfitPool({ clock, options }: Setting): { acquire: () => Promise<number>; destroyedAt: number[] } {
    const destroyedAt: number[] = [];
    let opened = 0;
    const acquire = createPoolTaker<number>(options, {
      take: async (deadline) => {
        clock.advance(1);
        if (deadline.remainingMs() === 0)
          throw Object.assign(new Error("out of time"), { code: "ETIMEDOUT" });
        return ++opened;
      },
      takeFreshMark: () => false,
      isFit: async () => false,
      destroy: () => {
        destroyedAt.push(clock.now());
      },
    });
    return { acquire, destroyedAt };
  }

  it("bounds how often it connects when no connection is ever fit, with growing delays", async () => {
    const setting = setUp();
    const { acquire, destroyedAt } = unfitPool(setting);
    await expect(acquire()).rejects.toThrow("out of time");
    // 30 seconds at a mean of half of `maxDelayMs`, where it was one connection a millisecond.
    expect(destroyedAt.length).toBeLessThan(80);
    const [none, ...delays] = setting.clock.sleeps;
    expect([none, ...delays.slice(0, 5)]).toEqual([25, 50, 100, 200, 400, 500]);
  });

  it("replaces all that a freeze has killed without a delay", async () => {
    const { clock, options } = setUp(3);
    const kept = ["a", "b", "c"];
    const acquire = createPoolTaker<string>(options, {
      take: async () => kept.pop() ?? "new",
      takeFreshMark: (connection) => connection === "new",
      isFit: async () => false,
      destroy: () => undefined,
    });
    expect(await acquire()).toBe("new");
    expect(clock.sleeps).toEqual([]);
  });

  it("does not delay for connections that died at different times, or between which another one was fit", async () => {
    const { clock, options } = setUp();
    let isFit = false;
    let takeFreshMark = false;
    const acquire = createPoolTaker<number>(options, {
      take: async () => 1,
      takeFreshMark: () => takeFreshMark,
      isFit: async () => isFit,
      destroy: () => {
        takeFreshMark = true;
      },
    });
    const meetDeadOne = async (): Promise<void> => {
      [isFit, takeFreshMark] = [false, false];
      await acquire();
    };
    await meetDeadOne();
    clock.advance(60_000);
    await meetDeadOne();
    expect(clock.sleeps).toEqual([]);
    [isFit, takeFreshMark] = [true, false];
    await acquire();
    await meetDeadOne();
    expect(clock.sleeps).toEqual([]);
    await meetDeadOne();
    expect(clock.sleeps).toEqual([25]);
  });
});

describe("a connection that a pool hands out", () => {
  it.each([
    [10_000, [25]],
    [10_001, []],
  ])("waits after another one that died %i ms before: %o", async (gapMs, sleeps) => {
    const { clock, options } = setUp();
    let isFresh = false;
    const acquire = createPoolTaker<number>(options, {
      take: async () => 1,
      takeFreshMark: () => isFresh,
      isFit: async () => false,
      destroy: () => {
        isFresh = true;
      },
    });
    await acquire();
    isFresh = false;
    clock.advance(gapMs);
    await acquire();
    expect(clock.sleeps).toEqual(sleeps);
  });

  it("is reported if it is new, and if one was discarded before", async () => {
    const { options } = setUp();
    const heard: unknown[] = [];
    for (const name of ["connect", "discard"] as const) {
      onTestFinished(onRdsProxyEvent(name, (event) => heard.push([name, event])));
    }
    const kept = ["dead"];
    const destroyed: string[] = [];
    const acquire = createPoolTaker<string>(options, {
      take: async () => kept.pop() ?? "new",
      takeFreshMark: (connection) => connection === "new",
      isFit: async () => false,
      destroy: (connection) => destroyed.push(connection),
    });
    expect(await acquire()).toBe("new");
    expect(destroyed).toEqual(["dead"]);
    expect(heard).toEqual([
      ["discard", { ...ORIGIN, reason: "not fit for use after idling" }],
      ["connect", { ...ORIGIN, attempts: 1, durationMs: 0, attemptDurationMs: 0, failedAttempts: [] }],
    ]);
  });

  it("is reported as opened by one attempt if it comes too late", () => {
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("connect", (event) => heard.push(event)));
    reportLate(setUp().options.endpoint, 30_007);
    expect(heard).toEqual([
      { ...ORIGIN, attempts: 1, durationMs: 30_007, attemptDurationMs: 30_007, failedAttempts: [] },
    ]);
  });

  it("is not reported as opened if it was kept", async () => {
    const connected = vi.fn();
    onTestFinished(onRdsProxyEvent("connect", connected));
    const acquire = createPoolTaker<string>(setUp().options, {
      take: async () => "kept",
      takeFreshMark: () => false,
      isFit: async () => true,
      destroy: () => undefined,
    });
    expect(await acquire()).toBe("kept");
    expect(connected).not.toHaveBeenCalled();
  });
});

describe("isFitForPool", () => {
  interface Scripted {
    readonly driver: PooledDriver<{ state: ConnectionState }, unknown>;
    readonly diary: string[];
  }

  /** @param afterWait the state once the answers are there, undefined for answers that never come */
  function script(
    { clock }: Setting,
    afterWait: ConnectionState | undefined,
    rollback: "succeeds" | "fails",
  ): Scripted {
    const diary: string[] = [];
    const unused = (): never => {
      throw new Error("not expected here");
    };
    const driver: Scripted["driver"] = {
      connect: unused,
      createView: unused,
      end: unused,
      destroy: unused,
      ref: unused,
      unref: unused,
      ping: unused,
      stateOf: (connection) => connection.state,
      connectedAt: () => clock.now(),
      lastUsedAt: () => clock.now(),
      isInTurnOfLastUse: () => false,
      async rollback(connection) {
        diary.push("rollback");
        if (rollback === "fails") throw new Error("gone");
        connection.state = "idle";
      },
      async untilIdle(connection) {
        diary.push("wait");
        if (!afterWait) await new Promise<never>(() => undefined);
        else connection.state = afterWait;
      },
    };
    return { driver, diary };
  }

  it.each<[string, ConnectionState, ConnectionState | undefined, "succeeds" | "fails", boolean, string[]]>([
    ["takes an idle connection as it is", "idle", "idle", "succeeds", true, []],
    ["waits for a statement in flight", "busy", "idle", "succeeds", true, ["wait"]],
    ["waits for the end of a failed statement", "ending", "idle", "succeeds", true, ["wait"]],
    ["rolls back an open transaction", "transaction", "idle", "succeeds", true, ["rollback"]],
    [
      "rolls back what a late statement has begun",
      "busy",
      "transaction",
      "succeeds",
      true,
      ["wait", "rollback"],
    ],
    ["refuses what cannot be rolled back", "transaction", "idle", "fails", false, ["rollback"]],
    ["refuses what broke meanwhile", "busy", "unusable", "succeeds", false, ["wait"]],
    ["refuses what is unusable", "unusable", "idle", "succeeds", false, []],
  ])("%s", async (_, state, afterWait, rollback, isFit, expected) => {
    const setting = setUp();
    const { driver, diary } = script(setting, afterWait, rollback);
    const deadline = deadlineIn(10_000, setting.clock);
    expect(await isFitForPool(driver, { state }, deadline, setting.options)).toBe(isFit);
    expect(diary).toEqual(expected);
  });

  it("refuses a connection whose rollback was answered too late, such as after a freeze", async () => {
    const setting = setUp();
    const { driver } = script(setting, "idle", "succeeds");
    const rollback = driver.rollback.bind(driver);
    driver.rollback = async (...args) => {
      await rollback(...args);
      setting.clock.advance(1000);
    };
    const deadline = deadlineIn(10_000, setting.clock);
    expect(await isFitForPool(driver, { state: "transaction" }, deadline, setting.options)).toBe(false);
  });

  it("leaves time for a new connection when a statement does not end", async () => {
    const setting = setUp();
    const { driver, diary } = script(setting, undefined, "succeeds");
    const deadline = deadlineIn(200, setting.clock);
    expect(await isFitForPool(driver, { state: "busy" }, deadline, setting.options)).toBe(false);
    expect(diary).toEqual(["wait"]);
  });
});

describe("firstEvent", () => {
  it("resolves at the first of its events, and takes its listeners away", async () => {
    const [one, other] = [new EventEmitter(), new EventEmitter()];
    const resolved = vi.fn();
    const first = firstEvent([one, "a", "b"], [other, "c"]).then(resolved);
    await new Promise((turn) => setImmediate(turn));
    expect(resolved).not.toHaveBeenCalled();
    other.emit("c");
    await first;
    expect([one.listenerCount("a"), one.listenerCount("b"), other.listenerCount("c")]).toEqual([0, 0, 0]);
  });
});
