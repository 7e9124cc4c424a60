import type { MutantResult } from "@stryker-mutator/api/core";
import { Stryker } from "@stryker-mutator/core";

interface RunOptions {
  /** Processes beside each other. */
  readonly concurrency: number;
  /** Whether results of the last run are used where neither the mutant nor a test changed. */
  readonly isIncremental: boolean;
  /** Patterns of the test files that run; default all unit tests. */
  readonly tests?: readonly string[] | undefined;
}

/** Changes each of the files in many small ways, and runs the unit tests that reach the change. */
export async function runStryker(
  files: readonly string[],
  { concurrency, isIncremental, tests }: RunOptions,
): Promise<readonly MutantResult[]> {
  // For vitest.config.ts, which Stryker loads in other processes.
  if (tests) process.env["MUTANTS_TESTS"] = tests.join(" ");
  const stryker = new Stryker({
    mutate: [...files],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "test/mutants/vitest.config.ts", related: true },
    coverageAnalysis: "perTest",
    concurrency,
    incremental: true,
    incrementalFile: "node_modules/.cache/rds-proxy/mutants.json",
    force: !isIncremental,
    // What the unit tests need.
    ignorePatterns: ["**", "!packages/**", "!tools/**", "!test/{mutants,pins,support}/**", "!*.json", "dist"],
    // Outside of node_modules, where Vitest looks for no tests.
    tempDirName: ".stryker-tmp",
    cleanTempDir: "always",
    reporters: ["progress-append-only"],
    allowEmpty: true,
    disableTypeChecks: false,
    // A file that does not exist: Stryker rewrites it by functions that TypeScript 7 does not have.
    tsconfigFile: "test/mutants/tsconfig.json",
    // Beyond the time that the tests take without a mutant.
    timeoutMS: 12_000,
  });
  return await stryker.runMutationTest();
}
