import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import type { RdsProxyOptions } from "../options/options.js";
import { fakeTimeClock, freeze, passTime, useFakeTime } from "../testing/fake-time.js";
import { ORIGIN, PROXY_HOST, resolvedOptions } from "../testing/resolved-options.js";
import { type ScriptedDb, ScriptedDriver } from "../testing/scripted-driver.js";
import { START } from "../testing/virtual-clock.js";
import { serverError } from "../testing/wrappers.js";
import { deadlineIn } from "../time/deadline.js";
import type { Lease, Resource } from "./adapter.js";
import { createConnectionSlots } from "./connection-slots.js";

const ENDPOINT = `app@${PROXY_HOST}:5432`;
const HOUR_MS = 60 * 60_000;
const PERMANENT = serverError("3D000", 'database "app" does not exist');
const EXHAUSTED = serverError("53300", "sorry, too many clients already");

let driver: ScriptedDriver;
let slots: Resource<ScriptedDb>;

/** Slots of their own for a test that wants other options. */
function createSlots(options: RdsProxyOptions = {}): void {
  driver = new ScriptedDriver();
  slots = createConnectionSlots(driver, resolvedOptions(options, { clock: fakeTimeClock }));
}

function inMs(budgetMs: number) {
  return deadlineIn(budgetMs, fakeTimeClock);
}

/** Somebody who wants a connection; what became of it can be looked at any time. */
function request(budgetMs = 10_000) {
  const wanted: { lease?: Lease<ScriptedDb>; error?: unknown } = {};
  const settled = slots.acquire(inMs(budgetMs)).then(
    (lease) => {
      wanted.lease = lease;
    },
    (error: unknown) => {
      wanted.error = error;
    },
  );
  return { wanted, settled };
}

async function acquire(budgetMs?: number): Promise<Lease<ScriptedDb>> {
  const { wanted } = request(budgetMs);
  for (let waitedMs = 0; waitedMs < 1000 && !wanted.lease && !wanted.error; waitedMs += 10)
    await passTime(10);
  if (!wanted.lease) throw wanted.error ?? new Error("no connection within a second");
  return wanted.lease;
}

async function acquireAndRelease(): Promise<number> {
  const lease = await acquire();
  await lease.release(inMs(1000));
  return lease.db.connection.id;
}

beforeEach(() => {
  useFakeTime(START);
  createSlots();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a warm connection", () => {
  it("is opened by the first invocation and by nobody before it", async () => {
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
      Object.assign(driver.connections[0] ?? {}, { lastUsedAt: Date.now() });
      await wanted.lease?.release(inMs(1000));
    }
    expect(driver.log).toEqual(["connect"]);
  });

  it("keeps the process alive while it is lent, and not between two invocations", async () => {
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

  it("that was prefetched keeps the process alive from its first use on", async () => {
    slots.prefetch();
    await passTime(10);
    expect(driver.connections[0]?.isRef).toBe(false);
    await acquire();
    expect(driver.connections[0]?.isRef).toBe(true);
  });

  it("that is wanted while it is prefetched keeps the process alive", async () => {
    slots.prefetch();
    const lease = await acquire();
    await passTime(10);
    expect(lease.db.connection.isRef).toBe(true);
  });

  it("is asked for a sign of life after a longer pause, once", async () => {
    await acquireAndRelease();
    freeze(HOUR_MS);
    expect(await acquireAndRelease()).toBe(1);
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect", "ping 1"]);
  });

  it.each<[string, () => void]>([
    ["broke meanwhile", () => Object.assign(driver.connections[0] ?? {}, { state: "unusable" })],
    [
      "is silent after the thaw",
      () => {
        Object.assign(driver.connections[0] ?? {}, { isSilent: true });
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

  it("tells of its connect, of who acquired it and of its release", async () => {
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

  it("with a process that was frozen in the rollback gives the slot on without the connection", async () => {
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

  it("with a rollback that is not answered gives the slot on after a second, without the connection", async () => {
    const lease = await acquire();
    Object.assign(lease.db.connection, { state: "transaction", isSilent: true });
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

  it("by being destroyed leaves an empty slot, at once", async () => {
    const lease = await acquire();
    lease.destroy("invocation timed out");
    expect(driver.open).toHaveLength(0);
    expect(lease.db.isRevoked).toBe(true);
    expect(await acquireAndRelease()).toBe(2);
  });
});

describe("at most maxConnections", () => {
  it("are open, and who comes later waits in line", async () => {
    createSlots({ maxConnections: 2 });
    const requests = [request(), request(), request(), request(), request()];
    await passTime(100);
    expect(driver.open).toHaveLength(2);
    expect(requests.map(({ wanted }) => wanted.lease?.db.connection.id)).toEqual([
      1,
      2,
      undefined,
      undefined,
      undefined,
    ]);

    await requests[1]?.wanted.lease?.release(inMs(1000));
    await passTime(0);
    expect(requests.map(({ wanted }) => wanted.lease?.db.connection.id)).toEqual([
      1,
      2,
      2,
      undefined,
      undefined,
    ]);
    await requests[0]?.wanted.lease?.release(inMs(1000));
    await passTime(0);
    expect(requests.map(({ wanted }) => wanted.lease?.db.connection.id)).toEqual([1, 2, 2, 1, undefined]);
    requests[2]?.wanted.lease?.destroy("test");
    await passTime(10);
    expect(requests[4]?.wanted.lease?.db.connection.id).toBe(3);
    expect(driver.open).toHaveLength(2);
  });

  it("are opened at the same time when they are wanted at the same time", async () => {
    createSlots({ maxConnections: 3 });
    const requests = [request(), request(), request()];
    await passTime(0);
    expect(driver.connecting).toBe(3);
    await passTime(10);
    expect(requests.map(({ wanted }) => wanted.lease?.db.connection.id)).toEqual([1, 2, 3]);
  });

  it("fail who waits longer than there is time, saying why", async () => {
    await acquire();
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("wait", (event) => heard.push(event)));
    const { wanted } = request(300);
    await passTime(299);
    expect(wanted.error).toBeUndefined();
    await passTime(1);
    expect(wanted.error).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(
        `No connection to ${ENDPOINT} became free in time: all 1 .* Raise \`maxConnections\``,
      ),
    });
    expect(heard).toEqual([{ ...ORIGIN, durationMs: 300, isServed: false }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("pass over who has given up", async () => {
    const lease = await acquire();
    const [first, second, third] = [request(5000), request(100), request(5000)];
    await passTime(100);
    await second.settled;
    await lease.release(inMs(1000));
    await passTime(0);
    expect(first.wanted.lease?.db.connection.id).toBe(1);
    await first.wanted.lease?.release(inMs(1000));
    await passTime(0);
    expect(third.wanted.lease?.db.connection.id).toBe(1);
    await third.wanted.lease?.release(inMs(1000));
    expect(await acquireAndRelease()).toBe(1);
  });
});

describe("a connect that fails", () => {
  it("gives its slot to the next in line, who connects anew", async () => {
    driver.script.push({ error: PERMANENT });
    const [first, second] = [request(), request()];
    await passTime(10);
    expect(first.wanted.error).toMatchObject({ code: "RDS_PROXY_REFUSED", cause: PERMANENT });
    await passTime(10);
    expect(second.wanted.lease?.db.connection.id).toBe(1);
  });

  it("leaves its slot for later invocations", async () => {
    for (let failures = 0; failures < 3; failures++) driver.script.push({ error: PERMANENT });
    for (let failures = 0; failures < 3; failures++) {
      await expect(acquire()).rejects.toMatchObject({ code: "RDS_PROXY_REFUSED" });
    }
    expect(await acquireAndRelease()).toBe(1);
  });

  it("is tried again within the time there is", async () => {
    driver.script.push({ error: EXHAUSTED }, { error: EXHAUSTED });
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect", "connect", "connect"]);
  });

  it("leaves nothing open when the connection cannot be lent", async () => {
    driver.viewsFail = true;
    await expect(acquire()).rejects.toThrow("cannot create a view");
    expect(driver.open).toHaveLength(0);
    driver.viewsFail = false;
    expect(await acquireAndRelease()).toBe(2);
  });
});

describe("a prefetched connection", () => {
  it("is taken over by the first invocation, ready or not", async () => {
    slots.prefetch();
    await passTime(4);
    const { wanted } = request();
    await passTime(6);
    expect(wanted.lease?.db.connection.id).toBe(1);
    expect(driver.log).toEqual(["connect"]);
  });

  it("is validated like any other when the environment was frozen before its first use", async () => {
    slots.prefetch();
    await passTime(10);
    freeze(HOUR_MS);
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect", "ping 1"]);
  });

  it("that failed costs nothing but the connect, and its failure is not reported as unhandled", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    driver.script.push({ error: EXHAUSTED });
    slots.prefetch();
    await passTime(1000);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(driver.log).toEqual(["connect"]);
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect", "connect"]);
  });

  it("whose handshake was frozen half-way is abandoned, and closed should it be completed after all", async () => {
    driver.script.push({ ms: 100 });
    slots.prefetch();
    await passTime(50);
    freeze(HOUR_MS);
    const { wanted } = request();
    await passTime(20);
    expect(wanted.lease?.db.connection.id).toBe(1);
    await passTime(100);
    expect(driver.connections.map(({ end }) => end)).toEqual(["open", "destroyed"]);
    await wanted.lease?.release(inMs(1000));
    expect(await acquireAndRelease()).toBe(1);
  });

  it("that meets silence is abandoned after connectTimeoutMs", async () => {
    createSlots({ connectTimeoutMs: 200 });
    driver.script.push({ ms: HOUR_MS });
    slots.prefetch();
    await passTime(150);
    const { wanted } = request();
    await passTime(49);
    expect(driver.log).toEqual(["connect"]);
    await passTime(20);
    expect(wanted.lease?.db.connection.id).toBe(1);
    expect(driver.log).toEqual(["connect", "connect"]);
  });

  it("is the first one and the only one, however often it is asked for", async () => {
    createSlots({ maxConnections: 3 });
    slots.prefetch();
    slots.prefetch();
    await passTime(10);
    slots.prefetch();
    const lease = await acquire();
    slots.prefetch();
    await lease.release(inMs(1000));
    slots.prefetch();
    await passTime(100);
    expect(driver.log).toEqual(["connect"]);
    const leases = [await acquire(), await acquire(), await acquire()];
    expect(leases.map(({ db }) => db.connection.id)).toEqual([1, 2, 3]);
  });
});

describe("closing", () => {
  const CLOSED = {
    code: "RDS_PROXY_CLOSED",
    message: `The connections to ${ENDPOINT} were closed with close().`,
  };

  it("says goodbye to idle connections and refuses everybody from then on", async () => {
    await acquireAndRelease();
    await slots.close();
    expect(driver.log).toEqual(["connect", "end 1"]);
    await expect(slots.acquire(inMs(1000))).rejects.toMatchObject(CLOSED);
    slots.prefetch();
    await slots.close();
    expect(driver.log).toEqual(["connect", "end 1"]);
  });

  it("takes connections away from those who hold one", async () => {
    const lease = await acquire();
    await slots.close();
    expect(lease.db).toMatchObject({ isRevoked: true, connection: { end: "destroyed" } });
    await lease.release(inMs(1000));
    expect(driver.open).toHaveLength(0);
  });

  it("ends a release that waits for its rollback", async () => {
    const lease = await acquire();
    Object.assign(lease.db.connection, { state: "transaction", isSilent: true });
    const released = lease.release(inMs(1000));
    await slots.close();
    expect(driver.open).toHaveLength(0);
    await passTime(1000);
    await released;
  });

  it("fails those who wait in line", async () => {
    await acquire();
    const waiting = [request(), request()];
    await slots.close();
    await passTime(0);
    for (const { wanted } of waiting) expect(wanted.error).toMatchObject(CLOSED);
    expect(vi.getTimerCount()).toBe(0);
    expect(driver.log).toEqual(["connect", "destroy 1"]);
  });

  it("fails those who are connecting, and closes what they get", async () => {
    const { wanted } = request();
    await passTime(5);
    await slots.close();
    await passTime(5);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.connections.map(({ end }) => end)).toEqual(["destroyed"]);
  });

  it("ends the series of attempts of those who retry", async () => {
    for (let failures = 0; failures < 50; failures++) driver.script.push({ error: EXHAUSTED });
    const { wanted } = request();
    await passTime(100);
    const attempts = driver.log.length;
    await slots.close();
    await passTime(10_000);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.log).toHaveLength(attempts);
  });

  it("fails those whose connection is being validated", async () => {
    await acquireAndRelease();
    freeze(HOUR_MS);
    const { wanted } = request();
    await slots.close();
    await passTime(10);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.open).toHaveLength(0);
  });

  it("opens nothing in place of a connection that turns out to be dead", async () => {
    await acquireAndRelease();
    Object.assign(driver.connections[0] ?? {}, { state: "unusable" });
    const { wanted } = request();
    await slots.close();
    await passTime(100);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.log).toEqual(["connect", "destroy 1"]);
  });

  it("also says goodbye to a prefetched connection", async () => {
    slots.prefetch();
    const closed = slots.close();
    await passTime(10);
    await closed;
    expect(driver.log).toEqual(["connect", "end 1"]);
  });

  it("is done within 200 ms, whatever goodbyes are not answered and whatever prefetch does not end", async () => {
    createSlots({ maxConnections: 3 });
    const leases = await Promise.all([acquire(), acquire()]);
    for (const lease of leases) {
      lease.db.connection.isSilent = true;
      await lease.release(inMs(1000));
    }
    let isClosed = false;
    const closed = slots.close().then(() => {
      isClosed = true;
    });
    await passTime(199);
    expect(isClosed).toBe(false);
    await passTime(1);
    await closed;
    expect(driver.open).toHaveLength(0);

    createSlots();
    driver.script.push({ ms: 4000 });
    slots.prefetch();
    const closedToo = slots.close();
    await passTime(200);
    await closedToo;
  });

  it("does not fail over a prefetch that failed", async () => {
    driver.script.push({ error: PERMANENT });
    slots.prefetch();
    const closed = slots.close();
    await passTime(10);
    await closed;
    expect(driver.open).toHaveLength(0);
  });

  it.each<[string, () => void]>([
    ["is answered with an error", () => Object.assign(driver, { endsFail: true })],
    [
      "is not answered",
      () => {
        for (const connection of driver.connections) connection.isSilent = true;
      },
    ],
  ])("cuts a connection off whose goodbye %s", async (_, happens) => {
    createSlots({ maxConnections: 2 });
    const leases = [await acquire(), await acquire()];
    for (const lease of leases) await lease.release(inMs(1000));
    happens();
    const closed = slots.close();
    await passTime(500);
    await closed;
    expect(driver.connections.map(({ end }) => end)).toEqual(["destroyed", "destroyed"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("whatever happens in whichever order", () => {
  type Step =
    | { readonly do: "acquire"; readonly budgetMs: number }
    | {
        readonly do: "use";
        readonly how: "release" | "destroy" | "break" | "begin" | "hang";
        readonly which: number;
      }
    | { readonly do: "pass"; readonly ms: number }
    | { readonly do: "freeze"; readonly ms: number }
    | { readonly do: "script"; readonly ms: number; readonly error: unknown }
    | { readonly do: "prefetch" };

  const which = fc.nat(9);
  const step = fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant("acquire"), budgetMs: fc.integer({ min: 0, max: 3000 }) }),
    fc.record({
      do: fc.constant("use"),
      how: fc.constantFrom("release", "destroy", "break", "begin", "hang"),
      which,
    }),
    fc.record({ do: fc.constant("pass"), ms: fc.constantFrom(0, 1, 10, 100, 1000) }),
    fc.record({ do: fc.constant("freeze"), ms: fc.constantFrom(10, 6000, HOUR_MS, 24 * HOUR_MS) }),
    fc.record({
      do: fc.constant("script"),
      ms: fc.constantFrom(0, 10, 500, 60_000),
      error: fc.constantFrom(undefined, undefined, PERMANENT, EXHAUSTED),
    }),
    fc.record({ do: fc.constant("prefetch") }),
  );

  it("no slot is lost, none is invented, and nobody shares a connection", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 30 }),
        async (maxConnections, steps) => {
          createSlots({ maxConnections, connectTimeoutMs: 800 });
          const requests: ReturnType<typeof request>[] = [];
          const ending: Promise<void>[] = [];
          const held = new Set<Lease<ScriptedDb>>();
          const ended = new Set<Lease<ScriptedDb>>();
          let hasPrefetched = false;

          const look = (): void => {
            for (const { wanted } of requests)
              if (wanted.lease && !ended.has(wanted.lease)) held.add(wanted.lease);
            const inUse = [...held].map(({ db }) => db.connection);
            expect(new Set(inUse).size).toBe(inUse.length);
            expect(inUse.length).toBeLessThanOrEqual(maxConnections);
            // Until an abandoned prefetch is closed there may be one handshake more.
            expect(driver.open.length + driver.connecting).toBeLessThanOrEqual(
              maxConnections + (hasPrefetched ? 1 : 0),
            );
          };

          for (const each of steps) {
            if (each.do === "acquire") requests.push(request(each.budgetMs));
            else if (each.do === "pass") await passTime(each.ms);
            else if (each.do === "freeze") freeze(each.ms);
            else if (each.do === "script") driver.script.push(each);
            else if (each.do === "prefetch") {
              hasPrefetched = true;
              slots.prefetch();
            } else {
              const lease = [...held][each.which % Math.max(1, held.size)];
              if (!lease) continue;
              if (each.how === "break") lease.db.connection.state = "unusable";
              else if (each.how === "begin") lease.db.connection.state = "transaction";
              else if (each.how === "hang") lease.db.connection.isSilent = true;
              else {
                held.delete(lease);
                ended.add(lease);
                if (each.how === "destroy") lease.destroy("test");
                else ending.push(lease.release(inMs(2000)));
              }
            }
            look();
          }

          // Everybody gets or gives up, and gives back.
          driver.script.length = 0;
          for (let round = 0; round < requests.length + 2; round++) {
            await passTime(4000);
            look();
            for (const lease of held) ending.push(lease.release(inMs(2000)));
            for (const lease of held) ended.add(lease);
            held.clear();
          }
          await passTime(4000);
          await Promise.all([...ending, ...requests.map(({ settled }) => settled)]);
          for (const connection of driver.open) connection.isSilent = false;

          // All slots are there, and no more than that.
          const again = Array.from({ length: maxConnections + 1 }, () => request(5000));
          await passTime(2000);
          expect(again.map(({ wanted }) => wanted.lease !== undefined)).toEqual([
            ...Array.from({ length: maxConnections }, () => true),
            false,
          ]);
          expect(driver.open.length).toBe(maxConnections);
          await passTime(3000);
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
