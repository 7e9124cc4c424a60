import { basename, join } from "node:path";
import { createVitest, type TestCase, type TestSpecification, type Vitest } from "vitest/node";
import { filesOn } from "../support/files-on.js";
import type { NamedTest } from "./bug.js";
import { patternOf } from "./test-title.js";

/** A test that waits for what a bug has lost takes this long, instead of the minute that a busy machine may need. */
const TEST_TIMEOUT_MS = 15_000;

/** The results of a run, by the file and the title of each test; titles are those that Vitest makes. */
export interface TestResult {
  readonly file: string;
  readonly title: string;
  readonly hasFailed: boolean;
}

/** Runs tests of a copy of the sources again and again. What does not change is loaded once. */
export class TestRun {
  readonly #vitest: Vitest;
  readonly #root: string;

  private constructor(vitest: Vitest, root: string) {
    this.#vitest = vitest;
    this.#root = root;
  }

  /** @param files the test files to come, which decide what servers are started */
  static async start(root: string, files: readonly string[]): Promise<TestRun> {
    const vitest = await createVitest("test", {
      root,
      watch: false,
      project: [...new Set(["units", ...files.map(projectOf)])],
      reporters: [{}],
      silent: true,
      testTimeout: TEST_TIMEOUT_MS,
    });
    return new TestRun(vitest, root);
  }

  /** Runs these tests. */
  async run(tests: readonly NamedTest[]): Promise<TestResult[]> {
    const specifications: TestSpecification[] = [];
    for (const file of new Set(tests.map((test) => test.file))) {
      const titles = tests.filter((test) => test.file === file).map(({ title }) => patternOf(title).source);
      const [found] = await this.#vitest.globTestSpecifications([join(this.#root, file)]);
      if (!found) throw new Error(`${file}: no such test file in the projects of Vitest`);
      const { project, moduleId } = found;
      const testNamePattern = new RegExp(titles.join("|"), "s");
      specifications.push(project.createSpecification(moduleId, { testNamePattern }));
    }
    return await this.#run(specifications);
  }

  /** Runs all tests in these files, or below these folders. */
  async runAll(paths: readonly string[]): Promise<TestResult[]> {
    const absolute = paths.map((path) => join(this.#root, path));
    return await this.#run(await this.#vitest.globTestSpecifications(absolute));
  }

  /** To be called after a change of source files. */
  forget(files: readonly string[]): void {
    for (const file of files) this.#vitest.invalidateFile(join(this.#root, file));
  }

  async close(): Promise<void> {
    await this.#vitest.close();
  }

  async #run(specifications: TestSpecification[]): Promise<TestResult[]> {
    const { testModules } = await this.#vitest.runTestSpecifications(specifications);
    return testModules.flatMap((module) => [
      // A file that cannot be loaded has no tests.
      ...(module.errors().length > 0
        ? [{ file: module.relativeModuleId, title: basename(module.moduleId), hasFailed: true }]
        : []),
      ...[...module.children.allTests()].flatMap((test) => resultOf(test, module.relativeModuleId)),
    ]);
  }
}

function resultOf(test: TestCase, file: string): TestResult[] {
  const { state } = test.result();
  return state === "passed" || state === "failed"
    ? [{ file, title: test.name, hasFailed: state === "failed" }]
    : [];
}

/** The project of vitest.config.ts in which a test file runs. One that runs in several is run in one. */
function projectOf(file: string): string {
  const files = { include: [file], exclude: [] };
  if (filesOn("postgres", files).length > 0) return "postgres";
  if (filesOn("mysql", files).length > 0) return "mariadb";
  return file.startsWith("packages/") ? "units" : "no server";
}
