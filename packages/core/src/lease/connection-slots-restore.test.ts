import { describe, expect, it } from "vitest";
import { passTime } from "../testing/fake-time.js";
import {
  acquire,
  acquireAndRelease,
  createSlots,
  driver,
  inMs,
  request,
  slots,
  useSlots,
} from "../testing/slots-under-test.js";

useSlots();

describe("closing idle connections before a snapshot", () => {
  it("ends them gracefully, and the next acquire opens another one", async () => {
    await acquireAndRelease();
    await slots.closeIdle();
    expect(driver.log).toEqual(["connect", "end 1"]);
    expect(await acquireAndRelease()).toBe(2);
  });

  it("leaves all slots free", async () => {
    createSlots({ maxConnections: 2 });
    const leases = [await acquire(), await acquire()];
    for (const lease of leases) await lease.release(inMs(1000));
    await slots.closeIdle();
    await slots.closeIdle();
    expect(driver.open).toHaveLength(0);
    const next = [request(100), request(100), request(100)];
    await passTime(100);
    expect(next.map(({ wanted }) => wanted.lease?.db.connection.id)).toEqual([3, 4, undefined]);
  });

  it("ends a prefetched connection", async () => {
    slots.prefetch();
    const closed = slots.closeIdle();
    expect(await acquireAndRelease()).toBe(2);
    await closed;
    expect(driver.log).toEqual(["connect", "end 1", "connect"]);
  });

  it("leaves a leased connection alone", async () => {
    const lease = await acquire();
    await slots.closeIdle();
    await lease.release(inMs(1000));
    expect(await acquireAndRelease()).toBe(1);
  });
});
