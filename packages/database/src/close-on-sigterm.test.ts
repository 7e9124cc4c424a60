import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { closeOnSigterm } from "./close-on-sigterm.js";

const listenersOf = (): number => process.listenerCount("SIGTERM");

let before: number;
let kill: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  before = listenersOf();
  kill = vi.spyOn(process, "kill").mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(listenersOf()).toBe(before);
});

describe("SIGTERM", () => {
  it("has one listener for any number of middlewares, and none when all are closed", () => {
    const forget = Array.from({ length: 100 }, () => closeOnSigterm(async () => undefined));
    expect(listenersOf()).toBe(before + 1);
    for (const each of forget) each();
    expect(listenersOf()).toBe(before);
    for (const each of forget) each();
  });

  it("closes everything at once, and once, however often it is sent", async () => {
    const done = Promise.withResolvers<void>();
    const close = [vi.fn(() => done.promise), vi.fn(() => done.promise)];
    for (const each of close) closeOnSigterm(each);
    process.emit("SIGTERM");
    process.emit("SIGTERM");
    for (const each of close) expect(each).toHaveBeenCalledOnce();
    done.resolve();
    await expect.poll(listenersOf).toBe(before);
  });

  it("has no effect on middlewares that were closed before", async () => {
    const [closed, open] = [vi.fn(async () => undefined), vi.fn(async () => undefined)];
    const forget = closeOnSigterm(closed);
    closeOnSigterm(open);
    forget();
    process.emit("SIGTERM");
    expect(closed).not.toHaveBeenCalled();
    expect(open).toHaveBeenCalledOnce();
    await expect.poll(listenersOf).toBe(before);
  });

  it("ends the process afterwards, as it would have without the listener", async () => {
    const done = Promise.withResolvers<void>();
    closeOnSigterm(() => done.promise);
    closeOnSigterm(() => Promise.reject(new Error("cannot close")));
    process.emit("SIGTERM");
    await new Promise((resolve) => setImmediate(resolve));
    expect(kill).not.toHaveBeenCalled();
    done.resolve();
    await expect.poll(() => kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
  });

  it("does not end the process if there are other listeners", async () => {
    const other = vi.fn();
    process.on("SIGTERM", other);
    closeOnSigterm(async () => undefined);
    process.emit("SIGTERM");
    await expect.poll(listenersOf).toBe(before + 1);
    process.off("SIGTERM", other);
    expect(other).toHaveBeenCalledOnce();
    expect(kill).not.toHaveBeenCalled();
  });
});
