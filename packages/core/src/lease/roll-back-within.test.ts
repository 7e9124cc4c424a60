import { expect, it } from "vitest";
import { resolvedOptions } from "../testing/resolved-options.js";
import { ScriptedDriver } from "../testing/scripted-driver.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { rollBackWithin } from "./roll-back-within.js";

/** Rolls back on a server that answers after `answerMs`, and returns the driver's deadline, in milliseconds from the start. */
async function rollBack(answerMs: number, budgetMs: number): Promise<number> {
  const clock = createVirtualClock();
  const driver = new ScriptedDriver();
  let deadlineMs = 0;
  driver.rollback = async (_, deadline) => {
    deadlineMs = deadline.at - START;
    clock.advance(answerMs);
  };
  const connection = await driver.connect({ deadline: deadlineIn(1000, clock) });
  await rollBackWithin(driver, connection, deadlineIn(budgetMs, clock), resolvedOptions({}, { clock }));
  return deadlineMs;
}

it("gives the server a second, and no time beyond the deadline", async () => {
  expect(await rollBack(1, 10_000)).toBe(1000);
  expect(await rollBack(1, 20)).toBe(20);
});

it("rejects an answer that is read too late, such as after a freeze", async () => {
  await expect(rollBack(1000, 10_000)).rejects.toThrow("the rollback took too long");
  expect(await rollBack(999, 10_000)).toBe(1000);
});
