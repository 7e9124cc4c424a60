import newest from "@middy/core";
import oldest from "middy-6";
import { describe, expect, it } from "vitest";
import { isEarlyTimeout } from "./early-timeout.js";

/** A context with so little time that Middy ends the handler at once. */
const context = { getRemainingTimeInMillis: () => 6 };

/** What Middy's onError hooks see when the handler takes longer than the invocation has. */
async function earlyTimeoutOf(middy: typeof newest): Promise<unknown> {
  let seen: unknown;
  const handler = middy()
    .use({
      onError: ({ error }) => {
        seen = error;
      },
    })
    .handler(async () => new Promise(() => undefined));
  await expect(Reflect.apply(handler, undefined, [{}, context])).rejects.toThrow();
  return seen;
}

describe("an invocation that failed", () => {
  it.each([
    ["6", oldest as unknown as typeof newest],
    ["7", newest],
  ])("ended early if Middy %s reports it", async (_, middy) => {
    expect(isEarlyTimeout(await earlyTimeoutOf(middy))).toBe(true);
  });

  it("did not end early if a request of its handler timed out", async () => {
    const { reason } = AbortSignal.timeout(0);
    const timedOut =
      reason ??
      (await new Promise((resolve) => {
        const signal = AbortSignal.timeout(0);
        signal.addEventListener("abort", () => resolve(signal.reason));
      }));
    expect(timedOut).toMatchObject({ name: "TimeoutError" });
    expect(isEarlyTimeout(timedOut)).toBe(false);
  });

  it.each([
    ["an error of another library", Object.assign(new Error("slow"), { name: "TimeoutError" })],
    [
      "one of another of Middy's packages",
      Object.assign(new Error("slow", { cause: { package: "@middy/ssm" } }), { name: "TimeoutError" }),
    ],
    ["another error of Middy's", new Error("bad", { cause: { package: "@middy/core" } })],
    [
      "one whose cause is a text",
      Object.assign(new Error("slow", { cause: "@middy/core" }), { name: "TimeoutError" }),
    ],
    ["one whose cause is null", Object.assign(new Error("slow", { cause: null }), { name: "TimeoutError" })],
    ["a text", "TimeoutError"],
    ["null", null],
    ["nothing", undefined],
  ])("did not end early if it threw %s", (_, error) => {
    expect(isEarlyTimeout(error)).toBe(false);
  });
});
