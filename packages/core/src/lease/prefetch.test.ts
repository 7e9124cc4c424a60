import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeTimeClock, passTime, useFakeTime } from "../testing/fake-time.js";
import { resolvedOptions } from "../testing/resolved-options.js";
import { START } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { Prefetch } from "./prefetch.js";

describe("a prefetch", () => {
  beforeEach(() => useFakeTime(START));
  afterEach(() => {
    vi.useRealTimers();
  });

  it("that fails before it is adopted is no unhandled rejection, and fails when it is adopted", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const prefetch = new Prefetch(
      () => Promise.reject(new Error("the server refused")),
      resolvedOptions({}, { clock: fakeTimeClock }),
    );
    await new Promise((turn) => setImmediate(turn));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(prefetch.adopt(deadlineIn(1000, fakeTimeClock))).rejects.toThrow("the server refused");
  });

  it("that takes more than its share of the time is given up, with the reason", async () => {
    const prefetch = new Prefetch(
      () => new Promise(() => undefined),
      resolvedOptions({}, { clock: fakeTimeClock }),
    );
    const refused = expect(prefetch.adopt(deadlineIn(1000, fakeTimeClock))).rejects.toThrow(
      "the prefetch took too long",
    );
    await passTime(500);
    await refused;
  });
});
