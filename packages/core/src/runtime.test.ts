import { expect, it } from "vitest";
import { afterRestore, systemRuntime } from "./runtime.js";

it("a process counts as restored from the call of afterRestore() on, and not before", () => {
  const { clock, restores } = systemRuntime;
  expect(restores.restoredAt).toBe(Number.NEGATIVE_INFINITY);
  const openedAt = clock.steadyMs();
  afterRestore();
  expect(restores.restoredAt).toBeGreaterThanOrEqual(openedAt);
});

it("the environment is that of the process", () => {
  expect(systemRuntime.env).toBe(process.env);
});
