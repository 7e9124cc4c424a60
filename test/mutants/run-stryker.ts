import { fileURLToPath } from "node:url";
import { startMysqlServer, startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { MutantResult } from "@stryker-mutator/api/core";
import { Stryker } from "@stryker-mutator/core";
import type { TestGroup } from "./choose-tests.js";

interface RunOptions {
  /** Processes beside each other. */
  readonly concurrency: number;
  /** Whether results of the last run are used where neither the mutant nor a test changed. Not those of a sample. */
  readonly isIncremental: boolean;
  /** Draws so many of the mutants; default all. */
  readonly sample?: { readonly size: number; readonly seed: number } | undefined;
  /** Whether the tests of each mutant run without it: what they notice then is not the mutant. */
  readonly isControl: boolean;
}

/** Changes each of the files in many small ways, and runs the group's tests that reach the change. */
export async function runStryker(
  files: readonly string[],
  { packages, tests, servers }: TestGroup,
  { concurrency, isIncremental, sample, isControl }: RunOptions,
): Promise<readonly MutantResult[]> {
  const keepsResults = !sample && !isControl;
  // For vitest.config.ts and sample-checker.ts, which Stryker loads in other processes.
  process.env["MUTANTS_TESTS"] = JSON.stringify(tests);
  process.env["MUTANTS_SERVERS"] = JSON.stringify(servers);
  process.env["MUTANTS_CONTROL"] = String(isControl);
  if (sample) {
    process.env["MUTANTS_SAMPLE"] = String(sample.size);
    process.env["MUTANTS_SEED"] = String(sample.seed);
  }
  const stryker = new Stryker({
    mutate: [...files],
    testRunner: "vitest",
    plugins: [
      "@stryker-mutator/vitest-runner",
      ...(sample ? [fileURLToPath(new URL("sample-checker.ts", import.meta.url))] : []),
    ],
    checkers: sample ? ["sample"] : [],
    checkerNodeArgs: ["--import", "tsx"],
    vitest: {
      configFile: "test/mutants/vitest.config.ts",
      related: true,
      // As `npm test` runs them: tests with servers set the environment and listen for what would end the process.
      pool: servers.length === 0 ? "threads" : "forks",
    },
    coverageAnalysis: "perTest",
    concurrency,
    incremental: keepsResults,
    incrementalFile: `node_modules/.cache/rds-proxy/mutants-of-${packages[0]}.json`,
    force: keepsResults && !isIncremental,
    // What the tests need.
    ignorePatterns: [
      "**",
      "!packages/**",
      "!tools/**",
      "!test/{conformance,docs,hostile,integration,mutants,pins,support}/**",
      "!docs/*.md",
      "!*.json",
      "dist",
    ],
    // Outside of node_modules, where Vitest looks for no tests.
    tempDirName: ".stryker-tmp",
    cleanTempDir: "always",
    reporters: ["progress-append-only"],
    allowEmpty: true,
    disableTypeChecks: false,
    // A file that does not exist: Stryker rewrites it by functions that TypeScript 7 does not have.
    tsconfigFile: "test/mutants/tsconfig.json",
    dryRunTimeoutMinutes: 20,
    // Beyond the time that the tests take without a mutant.
    timeoutMS: 12_000,
    // Of tests that wait for a server, each has its own limit, and a busy machine must not look like a mutant that hangs.
    timeoutFactor: servers.length === 0 ? 1.5 : 4,
  });
  return await withServers(servers, () => stryker.runMutationTest());
}

/** Each of Stryker's processes would start servers of its own. */
async function withServers<T>(names: TestGroup["servers"], run: () => Promise<T>): Promise<T> {
  const postgres = names.includes("postgres")
    ? await startPostgresServer(["max_connections=500"])
    : undefined;
  const mariadb = names.includes("mariadb")
    ? await startMysqlServer(["max-connections=500"], "mariadb")
    : undefined;
  try {
    if (postgres) process.env["TEST_POSTGRES_URL"] = urlOf("postgres", postgres);
    if (mariadb) process.env["TEST_MYSQL_URL"] = urlOf("mysql", mariadb);
    return await run();
  } finally {
    await Promise.all([postgres?.stop(), mariadb?.stop()]);
  }
}

function urlOf(scheme: string, { user, password, host, port, database }: DatabaseServer): string {
  return `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}
