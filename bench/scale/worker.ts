// A process full of execution environments, each with a pool or middleware of its own.
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { lambdaContext } from "../../test/support/lambda-context.js";
import type { EnvironmentModule, Invoke } from "./environments/environment.js";
import type { Load, LoadResult } from "./messages.js";

const [, , environmentFile = ""] = process.argv;
const { createEnvironment }: EnvironmentModule = await import(pathToFileURL(environmentFile).href);

process.on("disconnect", () => process.exit());
process.on("message", async (load: Load) => {
  const result: LoadResult = await run(load);
  process.send?.(result);
});
process.send?.("ready");

async function run({ environments, rampMs, steadyMs, pauseMs }: Load): Promise<LoadResult> {
  const durationsMs: number[] = [];
  const errors: Record<string, number> = {};
  const startedAt = performance.now();
  const steadyFrom = startedAt + rampMs;
  const end = steadyFrom + steadyMs;

  const live = async (invoke: Invoke, index: number): Promise<void> => {
    await delay((rampMs * index) / environments);
    while (performance.now() < end) {
      const invokedAt = performance.now();
      try {
        await invoke(lambdaContext());
        if (invokedAt >= steadyFrom) durationsMs.push(performance.now() - invokedAt);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        errors[message] = (errors[message] ?? 0) + 1;
      }
      // Not all at the same moment.
      await delay(pauseMs * (0.5 + Math.random()));
    }
  };
  await Promise.all(Array.from({ length: environments }, (_, index) => live(createEnvironment(), index)));
  return { durationsMs, errors };
}
