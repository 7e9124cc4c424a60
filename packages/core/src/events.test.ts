import { channel } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { emitEvent, onRdsProxyEvent } from "./events.js";
import { ORIGIN, resolvedOptions } from "./testing/resolved-options.js";

const ENDPOINT = resolvedOptions().endpoint;
const USE = { useMs: 12 };
const RELEASE = { ...ORIGIN, ...USE };

describe("an event", () => {
  it("costs nothing without a listener: its payload is not built", () => {
    const payload = vi.fn(() => USE);
    emitEvent("release", ENDPOINT, payload);
    expect(payload).not.toHaveBeenCalled();
  });

  it("reaches every listener of its kind with one payload, and no other listener", () => {
    const [first, second, other] = [vi.fn(), vi.fn(), vi.fn()];
    onTestFinished(onRdsProxyEvent("release", first));
    onTestFinished(onRdsProxyEvent("release", second));
    onTestFinished(onRdsProxyEvent("connect", other));
    const payload = vi.fn(() => USE);
    emitEvent("release", ENDPOINT, payload);
    expect(payload).toHaveBeenCalledOnce();
    expect(first.mock.calls).toEqual([[RELEASE]]);
    expect(second.mock.calls).toEqual([[RELEASE]]);
    expect(other).not.toHaveBeenCalled();
  });

  it("does not reach a listener that was removed", () => {
    const listener = vi.fn();
    const stop = onRdsProxyEvent("release", listener);
    stop();
    stop();
    const payload = vi.fn(() => USE);
    emitEvent("release", ENDPOINT, payload);
    expect(listener).not.toHaveBeenCalled();
    expect(payload).not.toHaveBeenCalled();
  });

  it("can be received without this library, on the channel rds-proxy:<name>", () => {
    const listener = vi.fn();
    const hear = (message: unknown): void => listener(message);
    channel("rds-proxy:discard").subscribe(hear);
    onTestFinished(() => {
      channel("rds-proxy:discard").unsubscribe(hear);
    });
    emitEvent("discard", ENDPOINT, () => ({ reason: "closed" }));
    expect(listener.mock.calls).toEqual([[{ ...ORIGIN, reason: "closed" }]]);
  });

  it("reaches the other listeners when one throws, which Node reports afterwards", async () => {
    const listener = vi.fn();
    const thrown = new Error("a listener's own");
    const onListenerError = (): never => {
      throw thrown;
    };
    onTestFinished(onRdsProxyEvent("release", onListenerError));
    onTestFinished(onRdsProxyEvent("release", listener));
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const reported = new Promise((resolve) => process.once("uncaughtException", resolve));
    onTestFinished(() => {
      for (const other of others) process.on("uncaughtException", other);
    });
    emitEvent("release", ENDPOINT, () => USE);
    expect(listener).toHaveBeenCalledOnce();
    expect(await reported).toBe(thrown);
  });
});
