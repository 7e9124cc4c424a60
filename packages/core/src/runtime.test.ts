import { expect, it, onTestFinished, vi } from "vitest";
import { systemRuntime } from "./runtime.js";

it("a process counts as restored from the call of afterRestore() on, and not before", async () => {
  // For other test files of this process, it was not restored.
  vi.resetModules();
  onTestFinished(() => {
    vi.resetModules();
  });
  const { afterRestore, systemRuntime } = await import("./runtime.js");
  const { clock, restores } = systemRuntime;
  expect(restores.restoredAt).toBe(Number.NEGATIVE_INFINITY);
  const openedAt = clock.steadyMs();
  afterRestore();
  expect(restores.restoredAt).toBeGreaterThanOrEqual(openedAt);
});

it("the environment is that of the process", () => {
  expect(systemRuntime.env).toBe(process.env);
});
