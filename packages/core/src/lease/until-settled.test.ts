import { expect, it } from "vitest";
import { resolveOptions } from "../options/options.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import type { ConnectionState, Driver } from "./driver.js";
import { untilSettled } from "./until-settled.js";

/** Waits for a session that is in these states, one after the other; returns how long, in milliseconds. */
async function waitFor(states: readonly ConnectionState[], budgetMs: number): Promise<number> {
  const clock = createVirtualClock();
  const resolved = resolveOptions(
    { host: "localhost", port: 5432, user: "app", region: "eu-west-1" },
    "postgres",
  );
  const options = { ...resolved, runtime: { ...resolved.runtime, clock } };
  const driver: Pick<Driver<object, unknown>, "stateOf"> = {
    stateOf: () => states[Math.min(clock.sleeps.length, states.length - 1)] ?? "idle",
  };
  await untilSettled(driver, {}, deadlineIn(budgetMs, clock), options);
  return clock.now() - START;
}

it.each<[ConnectionState, number]>([
  ["idle", 0],
  ["transaction", 0],
  ["busy", 0],
  ["unusable", 0],
])("does not wait for one that is %s", async (state, ms) => {
  expect(await waitFor([state], 1000)).toBe(ms);
});

it("waits until an answer has ended, however that leaves the session", async () => {
  expect(await waitFor(["ending", "ending", "transaction"], 1000)).toBe(2);
});

it("waits for half a second at most, and never beyond the deadline", async () => {
  expect(await waitFor(["ending"], 10_000)).toBe(500);
  expect(await waitFor(["ending"], 20)).toBe(20);
});
