import { describe, expect, it, onTestFinished, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import { freeze, passTime } from "../testing/fake-time.js";
import {
  acquire,
  acquireAndRelease,
  createSlots,
  driver,
  ENDPOINT,
  EXHAUSTED,
  HOUR_MS,
  inMs,
  PERMANENT,
  request,
  slots,
  useSlots,
} from "../testing/slots-under-test.js";

useSlots();

describe("closing", () => {
  const CLOSED = {
    code: "RDS_PROXY_CLOSED",
    message: `The connections to ${ENDPOINT} were closed with close().`,
  };

  it("ends idle connections gracefully and rejects later requests", async () => {
    const discarded = vi.fn();
    onTestFinished(onRdsProxyEvent("discard", discarded));
    await acquireAndRelease();
    await slots.close();
    expect(driver.log).toEqual(["connect", "end 1"]);
    await expect(slots.acquire(inMs(1000))).rejects.toMatchObject(CLOSED);
    slots.prefetch();
    await slots.close();
    expect(driver.log).toEqual(["connect", "end 1"]);
    expect(discarded).not.toHaveBeenCalled();
  });

  it("revokes leases and destroys their connections", async () => {
    const reasons: unknown[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
    const lease = await acquire();
    await slots.close();
    expect(lease.db).toMatchObject({ isRevoked: true, connection: { end: "destroyed" } });
    expect(reasons).toEqual(["closed"]);
    await lease.release(inMs(1000));
    expect(driver.open).toHaveLength(0);
  });

  it("ends a release that waits for its rollback", async () => {
    const lease = await acquire();
    lease.db.connection.state = "transaction";
    driver.silenceAll();
    const released = lease.release(inMs(1000));
    await slots.close();
    expect(driver.open).toHaveLength(0);
    await passTime(1000);
    await released;
  });

  it("rejects requests in the queue", async () => {
    await acquire();
    const waiting = [request(), request()];
    await slots.close();
    await passTime(0);
    for (const { wanted } of waiting) expect(wanted.error).toMatchObject(CLOSED);
    expect(vi.getTimerCount()).toBe(0);
    expect(driver.log).toEqual(["connect", "destroy 1"]);
  });

  it("rejects a request from the queue without a round trip on the connection that it was about to get", async () => {
    const failed = vi.fn();
    onTestFinished(onRdsProxyEvent("failure", failed));
    const lease = await acquire();
    const [served, waiting] = [request(), request()];
    freeze(HOUR_MS);
    await Promise.all([lease.release(inMs(1000)), slots.close()]);
    await passTime(10);
    for (const { wanted } of [served, waiting]) expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.log).toEqual(["connect", "destroy 1"]);
    // A connect that was never tried has not failed.
    expect(failed).not.toHaveBeenCalled();
  });

  it("does nothing to leases that are over", async () => {
    const revoke = vi.fn();
    const createView = driver.createView.bind(driver);
    driver.createView = (connection) => ({ ...createView(connection), revoke });
    await acquireAndRelease();
    (await acquire()).destroy("invocation timed out");
    expect(revoke).toHaveBeenCalledTimes(2);
    await slots.close();
    expect(revoke).toHaveBeenCalledTimes(2);
  });

  it("rejects requests in the queue at once while a connect gets no answer", async () => {
    driver.script.push({ ms: 10_000 });
    const connecting = request();
    const { wanted } = request();
    await passTime(5);
    await slots.close();
    await passTime(0);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(connecting.wanted.error).toBeUndefined();
    await passTime(10_000);
    expect(connecting.wanted.error).toMatchObject(CLOSED);
  });

  it("rejects requests that are connecting, and destroys their connections", async () => {
    const { wanted } = request();
    await passTime(5);
    await slots.close();
    await passTime(5);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.connections.map(({ end }) => end)).toEqual(["destroyed"]);
  });

  it("ends retries", async () => {
    for (let failures = 0; failures < 50; failures++) driver.script.push({ error: EXHAUSTED });
    const { wanted } = request();
    await passTime(100);
    const attempts = driver.log.length;
    await slots.close();
    await passTime(10_000);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.log).toHaveLength(attempts);
  });

  it("rejects requests whose connection is being validated", async () => {
    await acquireAndRelease();
    freeze(HOUR_MS);
    const { wanted } = request();
    await slots.close();
    await passTime(10);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.open).toHaveLength(0);
  });

  it("does not replace a connection that turns out to be dead", async () => {
    await acquireAndRelease();
    driver.breakAll();
    const { wanted } = request();
    await slots.close();
    await passTime(100);
    expect(wanted.error).toMatchObject(CLOSED);
    expect(driver.log).toEqual(["connect", "destroy 1"]);
  });

  it("also ends a prefetched connection gracefully", async () => {
    slots.prefetch();
    const closed = slots.close();
    await passTime(10);
    await closed;
    expect(driver.log).toEqual(["connect", "end 1"]);
  });

  it("takes at most 200 ms, with graceful ends and prefetches that get no answer", async () => {
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

  it("ignores a failed prefetch", async () => {
    driver.script.push({ error: PERMANENT });
    slots.prefetch();
    const closed = slots.close();
    await passTime(10);
    await closed;
    expect(driver.open).toHaveLength(0);
  });

  it.each<[string, () => void]>([
    ["fails", () => driver.failEnds()],
    ["is not answered", () => driver.silenceAll()],
  ])("destroys a connection whose graceful end %s", async (_, happens) => {
    createSlots({ maxConnections: 2 });
    const leases = [await acquire(), await acquire()];
    for (const lease of leases) await lease.release(inMs(1000));
    const reasons: unknown[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
    happens();
    const closed = slots.close();
    await passTime(500);
    await closed;
    expect(driver.connections.map(({ end }) => end)).toEqual(["destroyed", "destroyed"]);
    expect(reasons).toEqual(["not closed in order", "not closed in order"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
