import { expect, onTestFinished, test, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import { resolvedOptions } from "../testing/resolved-options.js";

test("statements that are sent while the reader's code loads are read later, in order", async () => {
  // The code that reads statements loads once, which another file of this process may have done.
  vi.resetModules();
  const { SessionWatch, stateOnceRead } = await import("./session-watch.js");
  const pins: unknown[] = [];
  onTestFinished(onRdsProxyEvent("pin", ({ kind, source }) => pins.push([kind, source])));
  const kept: unknown[] = [];
  onTestFinished(onRdsProxyEvent("keep", ({ state }) => kept.push(state)));
  const watch = new SessionWatch(resolvedOptions());
  const sent = (text: string, isInTransaction = false): void =>
    watch.sent({ text, isInTransaction, hasBackslashEscapes: false });
  sent("set search_path to a");
  watch.adopt();
  sent("begin");
  sent("set work_mem = 1", true);
  watch.ended("rollback");
  sent("listen jobs");
  watch.reportKept();
  expect(watch.isRead).toBe(false);
  expect(await stateOnceRead(watch)).toEqual(["listen"]);
  expect(watch.isRead).toBe(true);
  expect(kept).toEqual([["listen"]]);
  expect(pins).toEqual([["set", "connect"]]);
  sent("prepare p as select 1");
  expect(stateOnceRead(watch)).toEqual(["listen", "prepare"]);
});

test.each([
  ["throw", undefined, true],
  ["report", "discard", true],
  ["report", "keep", false],
  ["report", undefined, false],
] as const)(
  "with onPin %s and sessionState %s, the first statement is read at once: %s",
  async (onPin, sessionState, isRead) => {
    vi.resetModules();
    const { prepareReading, SessionWatch, stateOnceRead } = await import("./session-watch.js");
    await prepareReading({ onPin, sessionState });
    const watch = new SessionWatch(resolvedOptions());
    watch.adopt();
    watch.sent({ text: "listen jobs", hasBackslashEscapes: false });
    expect(watch.isRead).toBe(isRead);
    expect(await stateOnceRead(watch)).toEqual(["listen"]);
  },
);
