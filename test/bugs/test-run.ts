import { basename, join } from "node:path";
import { createVitest, type TestCase, type TestSpecification, type Vitest } from "vitest/node";
import { filesOn } from "../support/files-on.js";
import type { NamedTest } from "./bug.js";
import { patternOfNames } from "./test-title.js";

/** Half of what the tests have otherwise: some wait for what a bug has lost. */
const TEST_TIMEOUT_MS = 30_000;

/** How a test ended. */
export interface TestResult {
  readonly file: string;
  /** As Vitest makes it. */
  readonly title: string;
  /** The message of its error; undefined if it passed. */
  readonly failure: string | undefined;
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
      project: [...new Set(["units", ...files.flatMap(projectsOf)])],
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
      const titles = tests.filter((test) => test.file === file).map(({ title }) => title);
      const found = await this.#vitest.globTestSpecifications([join(this.#root, file)]);
      if (found.length === 0) throw new Error(`${file}: no such test file in the projects of Vitest`);
      const testNamePattern = patternOfNames(titles);
      for (const { project, moduleId } of found) {
        specifications.push(project.createSpecification(moduleId, { testNamePattern }));
      }
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
    // Vitest also returns what ran before.
    const isOfRun = new Set(specifications.map(({ taskId }) => taskId));
    const ofRun = testModules.filter(({ id }) => isOfRun.has(id));
    return ofRun.flatMap((module) => [
      // A file that cannot be loaded has no tests.
      ...(module.errors().length > 0
        ? [
            {
              file: module.relativeModuleId,
              title: basename(module.moduleId),
              failure: firstOf(module.errors()),
            },
          ]
        : []),
      ...[...module.children.allTests()].flatMap((test) => resultOf(test, module.relativeModuleId)),
    ]);
  }
}

function resultOf(test: TestCase, file: string): TestResult[] {
  const { state, errors = [] } = test.result();
  if (state !== "passed" && state !== "failed") return [];
  return [{ file, title: test.name, failure: state === "failed" ? firstOf(errors) : undefined }];
}

function firstOf([error]: readonly { readonly message: string }[]): string {
  return error?.message.split("\n", 1)[0] ?? "failed without an error";
}

/** The projects of vitest.config.ts in which a test file runs; MariaDB's for both servers of MySQL's protocol. */
function projectsOf(file: string): readonly string[] {
  const files = { include: [file], exclude: [] };
  const onServers = [
    ...(filesOn("postgres", files).length > 0 ? ["postgres"] : []),
    ...(filesOn("mysql", files).length > 0 ? ["mariadb"] : []),
  ];
  if (onServers.length > 0) return onServers;
  return [file.startsWith("packages/") ? "units" : "no server"];
}
