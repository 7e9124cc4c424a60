import { describe, expect, it, onTestFinished, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import { freeze, passTime } from "../testing/fake-time.js";
import {
  acquire,
  acquireAndRelease,
  createSlots,
  driver,
  EXHAUSTED,
  HOUR_MS,
  inMs,
  request,
  slots,
  useSlots,
} from "../testing/slots-under-test.js";

useSlots();

describe("a prefetched connection", () => {
  it("is taken over by the first invocation, even during its connect", async () => {
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

  it("that failed costs only the connect, and is no unhandled rejection", async () => {
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

  it("whose handshake was frozen half-way is abandoned, and closed if it completes later", async () => {
    const reasons: unknown[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
    driver.script.push({ ms: 100 });
    slots.prefetch();
    await passTime(50);
    freeze(HOUR_MS);
    const { wanted } = request();
    await passTime(20);
    expect(wanted.lease?.db.connection.id).toBe(1);
    await passTime(100);
    expect(driver.connections.map(({ end }) => end)).toEqual(["open", "destroyed"]);
    expect(reasons).toEqual(["prefetched too late"]);
    await wanted.lease?.release(inMs(1000));
    expect(await acquireAndRelease()).toBe(1);
  });

  it("that gets no answer is abandoned after connectTimeoutMs", async () => {
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

  it("that gets no answer is abandoned when half of the invocation's time is over", async () => {
    driver.script.push({ ms: HOUR_MS });
    slots.prefetch();
    const { wanted } = request(1000);
    await passTime(499);
    expect(driver.log).toEqual(["connect"]);
    await passTime(11);
    expect(wanted.lease?.db.connection.id).toBe(1);
  });

  it("is opened once, however often prefetch() is called", async () => {
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
