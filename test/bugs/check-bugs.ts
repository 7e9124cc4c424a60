import { dirname } from "node:path";
import type { Bug, NamedTest } from "./bug.js";
import type { SourceCopy } from "./source-copy.js";
import type { TestResult, TestRun } from "./test-run.js";
import { patternOf } from "./test-title.js";

/** What became of one bug. */
export interface Outcome {
  readonly bug: Bug;
  /** The tests in its header that fail with it. */
  readonly caughtBy: readonly NamedTest[];
  /** Those that pass with it. */
  readonly missedBy: readonly NamedTest[];
  /** Other tests that fail with it, if all were run. */
  readonly others: readonly TestResult[];
}

export interface BugCheck {
  readonly copy: Pick<SourceCopy, "apply" | "revert">;
  readonly run: Pick<TestRun, "run" | "runAll" | "forget">;
  /** Whether to run all tests of the files that are named, and of those beside the changed ones. */
  readonly runsAll?: boolean;
}

/**
 * Runs the tests that the headers name without any bug. Each has to pass, since a test that always fails catches nothing.
 *
 * @returns those that fail, with the reason, and those that were not found
 */
export async function testsThatFailAnyway(
  run: Pick<TestRun, "run">,
  tests: readonly NamedTest[],
): Promise<readonly string[]> {
  const results = await run.run(tests);
  return tests.flatMap((test) => {
    const own = resultsOf(test, results);
    if (own.length === 0) return [`${test.file} > ${test.title}: not found`];
    const failed = own.find(({ failure }) => failure !== undefined);
    return failed ? [`${test.file} > ${failed.title}: ${failed.failure}`] : [];
  });
}

/** Puts the bug into the copy, runs its tests, and takes it out again. */
export async function checkBug(bug: Bug, { copy, run, runsAll = false }: BugCheck): Promise<Outcome> {
  await copy.apply(bug.path);
  run.forget(bug.files);
  try {
    const results = runsAll ? await run.runAll(pathsOf(bug)) : await run.run(bug.caughtBy);
    const hasFailed = (test: NamedTest): boolean =>
      resultsOf(test, results).some(({ failure }) => failure !== undefined);
    const named = new Set(bug.caughtBy.flatMap((test) => resultsOf(test, results)));
    return {
      bug,
      caughtBy: bug.caughtBy.filter(hasFailed),
      missedBy: bug.caughtBy.filter((test) => !hasFailed(test)),
      others: runsAll ? results.filter((result) => result.failure !== undefined && !named.has(result)) : [],
    };
  } finally {
    await copy.revert(bug.path);
    run.forget(bug.files);
  }
}

/** The files of its tests, and the folders that it changes. */
function pathsOf({ caughtBy, files }: Bug): readonly string[] {
  const folders = files.map((file) => `${dirname(file)}/`);
  return [...new Set([...folders, ...caughtBy.map(({ file }) => file)])];
}

function resultsOf({ file, title }: NamedTest, results: readonly TestResult[]): readonly TestResult[] {
  const pattern = patternOf(title);
  return results.filter((result) => result.file === file && pattern.test(result.title));
}
