import { describe, expect, it } from "vitest";
import { acquire, acquireAndRelease, driver, inMs, slots, useSlots } from "../testing/slots-under-test.js";

useSlots();

describe("closing idle connections before a snapshot", () => {
  it("ends them gracefully, and the next acquire opens another one", async () => {
    await acquireAndRelease();
    await slots.closeIdle();
    expect(driver.log).toEqual(["connect", "end 1"]);
    expect(await acquireAndRelease()).toBe(2);
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
