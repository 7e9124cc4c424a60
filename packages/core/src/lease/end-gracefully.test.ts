import { describe, expect, it, vi } from "vitest";
import { createVirtualClock } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { endGracefully } from "./end-gracefully.js";

const CONNECTION = { id: 1 };

/** Closes a connection by a driver with the given `end()`: whether it was closed gracefully, and what was destroyed. */
async function outcomeOf(
  end: () => Promise<void>,
  budgetMs: number = 60_000,
): Promise<{ isEnded: boolean; destroyed: unknown[] }> {
  const destroy = vi.fn();
  const deadline = deadlineIn(budgetMs, createVirtualClock());
  const isEnded = await endGracefully({ end, destroy }, CONNECTION, deadline);
  return { isEnded, destroyed: destroy.mock.calls.flat() };
}

describe("a connection that is closed gracefully", () => {
  it("is left alone when the driver has closed it", async () => {
    expect(await outcomeOf(async () => undefined)).toEqual({ isEnded: true, destroyed: [] });
  });

  it.each<[string, () => Promise<void>]>([
    ["rejects", () => Promise.reject(new Error("the socket is closed"))],
    [
      "throws",
      () => {
        throw new Error("the socket is closed");
      },
    ],
  ])("is destroyed when the driver's end() %s", async (_, end) => {
    expect(await outcomeOf(end)).toEqual({ isEnded: false, destroyed: [CONNECTION] });
  });

  it("is destroyed when the server does not answer before the deadline", async () => {
    const silence = new Promise<void>(() => undefined);
    expect(await outcomeOf(() => silence, 0)).toEqual({ isEnded: false, destroyed: [CONNECTION] });
  });
});
