import { describe, expect, it, onTestFinished, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import type { SessionState } from "../session-state/session-watch.js";
import { freeze, passTime } from "../testing/fake-time.js";
import { ORIGIN } from "../testing/resolved-options.js";
import {
  acquire,
  acquireAndRelease,
  createSlots,
  driver,
  EXHAUSTED,
  HOUR_MS,
  inMs,
  PERMANENT,
  request,
  slots,
  useSlots,
} from "../testing/slots-under-test.js";

useSlots();

describe("a warm connection", () => {
  it("is opened by the first invocation and not before it", async () => {
    await passTime(1000);
    expect(driver.log).toEqual([]);
    await acquire();
    expect(driver.log).toEqual(["connect"]);
  });

  it("serves one invocation after the other without a connect, a round trip or a wait", async () => {
    await acquireAndRelease();
    for (let invocation = 0; invocation < 5; invocation++) {
      freeze(4999);
      const { wanted } = request();
      await passTime(0);
      expect(wanted.lease?.db.connection.id).toBe(1);
      driver.useAll();
      await wanted.lease?.release(inMs(1000));
    }
    expect(driver.log).toEqual(["connect"]);
  });

  it("keeps the process alive during a lease, and not between two invocations", async () => {
    const first = await acquire();
    expect(driver.connections[0]?.isRef).toBe(true);
    await first.release(inMs(1000));
    expect(driver.connections[0]?.isRef).toBe(false);
    const second = await acquire();
    expect(driver.connections[0]?.isRef).toBe(true);
    const { wanted, settled } = request();
    await second.release(inMs(1000));
    await settled;
    expect(wanted.lease?.db.connection.isRef).toBe(true);
  });

  it("that was prefetched keeps the process alive from its first use", async () => {
    slots.prefetch();
    await passTime(10);
    expect(driver.connections[0]?.isRef).toBe(false);
    await acquire();
    expect(driver.connections[0]?.isRef).toBe(true);
  });

  it("that is requested during its prefetch keeps the process alive", async () => {
    slots.prefetch();
    const lease = await acquire();
    await passTime(10);
    expect(lease.db.connection.isRef).toBe(true);
  });

  it("is validated once after a longer pause", async () => {
    await acquireAndRelease();
    freeze(HOUR_MS);
    expect(await acquireAndRelease()).toBe(1);
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect", "ping 1"]);
  });

  it.each<[string, () => void]>([
    ["broke meanwhile", () => driver.breakAll()],
    [
      "is silent after the thaw",
      () => {
        driver.silenceAll();
        freeze(HOUR_MS);
      },
    ],
    ["is about to be closed for its age", () => freeze(23 * HOUR_MS + 1)],
  ])("is replaced before the handler runs when it %s", async (_, happens) => {
    const reasons: unknown[] = [];
    onTestFinished(onRdsProxyEvent("discard", (event) => reasons.push(event)));
    await acquireAndRelease();
    happens();
    expect(await acquireAndRelease()).toBe(2);
    expect(driver.open.map(({ id }) => id)).toEqual([2]);
    expect(reasons).toEqual([{ ...ORIGIN, reason: "not fit for use after idling" }]);
  });

  it("leaves no timer behind between invocations", async () => {
    await acquireAndRelease();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("reports its connect, acquire and release through events", async () => {
    const heard: unknown[] = [];
    for (const name of ["connect", "wait", "acquire", "release"] as const) {
      onTestFinished(onRdsProxyEvent(name, (event) => heard.push([name, event])));
    }
    driver.script.push({ error: EXHAUSTED });
    await acquireAndRelease();
    expect(heard).toEqual([
      ["connect", expect.objectContaining({ ...ORIGIN, attempts: 2, durationMs: 45, attemptDurationMs: 10 })],
      ["acquire", { ...ORIGIN, durationMs: 45, error: undefined }],
      ["release", { ...ORIGIN, useMs: expect.any(Number) }],
    ]);
  });

  it("reports for how long an invocation had it", async () => {
    await acquireAndRelease();
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("release", ({ useMs }) => heard.push(useMs)));
    const { wanted } = request();
    await passTime(0);
    await passTime(300);
    await wanted.lease?.release(inMs(1000));
    expect(heard).toEqual([300]);
  });
});

describe("an acquire that fails", () => {
  it("is reported with its error and its time", async () => {
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("acquire", (event) => heard.push(event)));
    driver.script.push({ error: PERMANENT });
    const error = await acquire().catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "RDS_PROXY_REFUSED" });
    expect(heard).toEqual([{ ...ORIGIN, durationMs: 10, error }]);
  });
});

describe("a connection whose session is followed", () => {
  /** Follows the sessions of all connections, which always have this state. */
  function followSessions(state: SessionState["state"], isRead = true): string[] {
    const log: string[] = [];
    const session: SessionState = {
      state,
      isRead,
      untilRead: async () => void log.push("read"),
      adopt: () => log.push("adopt"),
      setUp: (work) => work(),
      reportKept: () => log.push("kept"),
    };
    Object.assign(driver, { sessionOf: () => session });
    return log;
  }

  it("has what connecting set up, and is kept if an invocation left nothing", async () => {
    const log = followSessions([]);
    await acquireAndRelease();
    expect(log).toEqual(["adopt", "kept"]);
    expect(await acquireAndRelease()).toBe(1);
    expect(log).toEqual(["adopt", "kept", "kept"]);
  });

  it.each([true, false])("is discarded with what an invocation left (read at once: %s)", async (isRead) => {
    const reasons: unknown[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
    const log = followSessions(["set", "listen"], isRead);
    await acquireAndRelease();
    expect(log).toEqual(isRead ? ["adopt"] : ["adopt", "read"]);
    expect(reasons).toEqual(["session state: set, listen"]);
    expect(driver.open).toHaveLength(0);
  });

  it('keeps what an invocation left with sessionState: "keep"', async () => {
    createSlots({ sessionState: "keep" });
    const log = followSessions(["set"], false);
    await acquireAndRelease();
    expect(await acquireAndRelease()).toBe(1);
    expect(log).toEqual(["adopt", "kept", "kept"]);
  });
});

describe("a lease that ends", () => {
  it("with an open transaction is rolled back for the next invocation", async () => {
    const lease = await acquire();
    lease.db.connection.state = "transaction";
    const released = lease.release(inMs(1000));
    expect(lease.db.isRevoked).toBe(true);
    await passTime(1);
    await released;
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect", "rollback 1"]);
  });

  it("after a freeze during the rollback frees the slot and destroys the connection", async () => {
    const first = await acquire();
    first.db.connection.state = "transaction";
    const rollback = driver.rollback.bind(driver);
    driver.rollback = async (...args) => {
      await rollback(...args);
      freeze(60_000);
    };
    const released = first.release(inMs(5000));
    await passTime(10);
    await released;
    expect(driver.log).toEqual(["connect", "rollback 1", "destroy 1"]);
  });

  it("at the end of an answer that began with an error keeps the connection", async () => {
    const lease = await acquire();
    lease.db.connection.state = "ending";
    const released = lease.release(inMs(1000));
    await passTime(10);
    lease.db.connection.state = "idle";
    await passTime(1);
    await released;
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect"]);
  });

  it("with an unanswered rollback frees the slot after a second and destroys the connection", async () => {
    const lease = await acquire();
    lease.db.connection.state = "transaction";
    driver.silenceAll();
    const released = lease.release(inMs(10_000));
    const { wanted } = request();
    await passTime(999);
    expect(driver.open).toHaveLength(1);
    await passTime(1);
    await released;
    expect(driver.open).toHaveLength(0);
    await passTime(10);
    expect(wanted.lease?.db.connection.id).toBe(2);
  });

  it.each(["busy", "unusable"] as const)("while the connection is %s leaves an empty slot", async (state) => {
    const lease = await acquire();
    lease.db.connection.state = state;
    await lease.release(inMs(1000));
    expect(driver.open).toHaveLength(0);
    expect(await acquireAndRelease()).toBe(2);
  });

  it("by destroy() leaves an empty slot at once", async () => {
    const lease = await acquire();
    lease.destroy("invocation timed out");
    expect(driver.open).toHaveLength(0);
    expect(lease.db.isRevoked).toBe(true);
    expect(await acquireAndRelease()).toBe(2);
  });
});
