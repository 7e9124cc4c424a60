import { describe, expect, it, onTestFinished, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import { passTime } from "../testing/fake-time.js";
import { ORIGIN } from "../testing/resolved-options.js";
import {
  acquire,
  acquireAndRelease,
  createSlots,
  driver,
  ENDPOINT,
  EXHAUSTED,
  inMs,
  PERMANENT,
  request,
  useSlots,
} from "../testing/slots-under-test.js";

useSlots();

describe("at most maxConnections", () => {
  it("are open, and further requests wait in a queue", async () => {
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

  it("are opened at the same time for simultaneous requests", async () => {
    createSlots({ maxConnections: 3 });
    const requests = [request(), request(), request()];
    await passTime(0);
    expect(driver.connecting).toBe(3);
    await passTime(10);
    expect(requests.map(({ wanted }) => wanted.lease?.db.connection.id)).toEqual([1, 2, 3]);
  });

  it("reject a request at its deadline, with the reason", async () => {
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

  it("report how long a request waited that was served", async () => {
    const lease = await acquire();
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("wait", (event) => heard.push(event)));
    const { wanted } = request(5000);
    await passTime(300);
    await lease.release(inMs(1000));
    await passTime(0);
    expect(wanted.lease?.db.connection.id).toBe(1);
    expect(heard).toEqual([{ ...ORIGIN, durationMs: 300, isServed: true }]);
  });

  it("skip a request that has timed out", async () => {
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
  it("frees its slot for the next request, which connects again", async () => {
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

  it("is retried within the remaining time", async () => {
    driver.script.push({ error: EXHAUSTED }, { error: EXHAUSTED });
    expect(await acquireAndRelease()).toBe(1);
    expect(driver.log).toEqual(["connect", "connect", "connect"]);
  });

  it("leaves nothing open if no view can be created", async () => {
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("discard", (event) => heard.push(event)));
    driver.viewsFail = true;
    await expect(acquire()).rejects.toThrow("cannot create a view");
    expect(heard).toEqual([{ ...ORIGIN, reason: "never leased" }]);
    expect(driver.open).toHaveLength(0);
    driver.viewsFail = false;
    expect(await acquireAndRelease()).toBe(2);
  });
});
