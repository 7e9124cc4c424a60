import { channel } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { emitEvent, onRdsProxyEvent, type RdsProxyEventName } from "./events.js";

const RELEASE = { endpoint: "app@db.example:5432" };

describe("an event", () => {
  it("costs nothing while nobody listens: its payload is not even built", () => {
    const payload = vi.fn(() => RELEASE);
    emitEvent("release", payload);
    expect(payload).not.toHaveBeenCalled();
  });

  it("reaches every listener of its kind with one payload, and no other listener", () => {
    const [first, second, other] = [vi.fn(), vi.fn(), vi.fn()];
    onTestFinished(onRdsProxyEvent("release", first));
    onTestFinished(onRdsProxyEvent("release", second));
    onTestFinished(onRdsProxyEvent("connect", other));
    const payload = vi.fn(() => RELEASE);
    emitEvent("release", payload);
    expect(payload).toHaveBeenCalledOnce();
    expect(first.mock.calls).toEqual([[RELEASE]]);
    expect(second.mock.calls).toEqual([[RELEASE]]);
    expect(other).not.toHaveBeenCalled();
  });

  it("reaches nobody who has stopped listening", () => {
    const listener = vi.fn();
    const stop = onRdsProxyEvent("release", listener);
    stop();
    stop();
    const payload = vi.fn(() => RELEASE);
    emitEvent("release", payload);
    expect(listener).not.toHaveBeenCalled();
    expect(payload).not.toHaveBeenCalled();
  });

  it.each<RdsProxyEventName>(["sign", "connect", "retry", "validate", "discard", "release"])(
    "can be heard without this library, on the channel rds-proxy:%s",
    (name) => {
      const listener = vi.fn();
      const hear = (message: unknown): void => listener(message);
      channel(`rds-proxy:${name}`).subscribe(hear);
      onTestFinished(() => {
        channel(`rds-proxy:${name}`).unsubscribe(hear);
      });
      const payload = {
        endpoint: "app@db.example:5432",
        accessKeyId: "AKIA",
        credentialSource: "option",
        expiresAt: 0,
        attempts: 1,
        durationMs: 1,
        attempt: 1,
        kind: "dropped",
        delayMs: 1,
        error: undefined,
        idleMs: 1,
        isAlive: true,
        reason: "closed",
      };
      emitEvent(name, () => payload);
      expect(listener.mock.calls).toEqual([[payload]]);
    },
  );
});
