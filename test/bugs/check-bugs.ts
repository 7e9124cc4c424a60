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

/**
 * Runs the tests that the headers name without any bug. Each has to pass, since a test that always fails catches nothing.
 *
 * @throws Error with the tests that fail or were not found
 */
export async function checkWithoutBugs(run: TestRun, tests: readonly NamedTest[]): Promise<void> {
  const results = await run.run(tests);
  const faults = tests.flatMap((test) => {
    const own = resultsOf(test, results);
    if (own.length === 0) return [`${test.file} > ${test.title}: not found`];
    return own.some(({ hasFailed }) => hasFailed) ? [`${test.file} > ${test.title}: fails without a bug`] : [];
  });
  if (faults.length > 0) throw new Error(`Tests that cannot catch a bug:\n${faults.join("\n")}`);
}

/** Puts the bug into the copy, runs its tests, and takes it out again. */
export async function checkBug(
  bug: Bug,
  { copy, run, runsAll }: { readonly copy: SourceCopy; readonly run: TestRun; readonly runsAll: boolean },
): Promise<Outcome> {
  await copy.apply(bug.path);
  run.forget(bug.files);
  try {
    const results = runsAll ? await run.runAll(pathsOf(bug)) : await run.run(bug.caughtBy);
    const hasFailed = (test: NamedTest): boolean =>
      resultsOf(test, results).some((result) => result.hasFailed);
    const named = new Set(bug.caughtBy.flatMap((test) => resultsOf(test, results)));
    return {
      bug,
      caughtBy: bug.caughtBy.filter(hasFailed),
      missedBy: bug.caughtBy.filter((test) => !hasFailed(test)),
      others: results.filter((result) => result.hasFailed && !named.has(result)),
    };
  } finally {
    await copy.revert(bug.path);
    run.forget(bug.files);
  }
}

/** The files of its tests, and the packages that it changes. */
function pathsOf({ caughtBy, files }: Bug): readonly string[] {
  const packages = files.map((file) => `${file.split("/").slice(0, 2).join("/")}/`);
  return [...new Set([...packages, ...caughtBy.map(({ file }) => file)])];
}

function resultsOf({ file, title }: NamedTest, results: readonly TestResult[]): readonly TestResult[] {
  const pattern = patternOf(title);
  return results.filter((result) => result.file === file && pattern.test(result.title));
}
