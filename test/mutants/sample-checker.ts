// A plugin of Stryker, which also loads it in processes that read TypeScript by Node.js alone. Only that of the checker has tsx.
import type { CheckResult } from "@stryker-mutator/api/check";
import type { Mutant } from "@stryker-mutator/api/core";
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

/** Lets the mutants of a sample pass, whose size and seed are in the environment. */
const sampleChecker = {
  init: async (): Promise<void> => undefined,
  // All at once, since the sample is drawn from all.
  group: async (mutants: readonly Mutant[]): Promise<string[][]> => [mutants.map(({ id }) => id)],
  async check(mutants: readonly Mutant[]): Promise<Record<string, CheckResult>> {
    const { drawSample } = await import("./draw-sample.js");
    const { NOT_IN_SAMPLE } = await import("./mutant.js");
    const { CheckStatus } = await import("@stryker-mutator/api/check");
    const ids = mutants.map(({ id }) => id);
    const size = Number(process.env["MUTANTS_SAMPLE"]);
    const drawn = new Set(drawSample(ids, size, Number(process.env["MUTANTS_SEED"])));
    return Object.fromEntries(
      ids.map((id) => [
        id,
        drawn.has(id)
          ? { status: CheckStatus.Passed }
          : { status: CheckStatus.CompileError, reason: NOT_IN_SAMPLE },
      ]),
    );
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Checker, "sample", sampleChecker)];
