import { describe, expect, it } from "vitest";
import type { Bug } from "./bug.js";
import { type BugCheck, checkBug, testsThatFailAnyway } from "./check-bugs.js";
import type { TestResult } from "./test-run.js";

const FILE = "packages/core/src/lease/lease.test.ts";
const BUG: Bug = {
  number: "01",
  path: "/01-a.patch",
  symptom: "It breaks.",
  seen: undefined,
  caughtBy: [
    { file: FILE, title: "keeps %s" },
    { file: FILE, title: "ends once" },
  ],
  files: ["packages/core/src/lease/lease.ts"],
};

function passed(title: string): TestResult {
  return { file: FILE, title, failure: undefined };
}

function failed(title: string): TestResult {
  return { file: FILE, title, failure: "expected 1" };
}

/** Tests that end in the given way, and what was asked of the copy and of the run. */
function scripted(results: () => TestResult[]): { check: BugCheck; asked: unknown[] } {
  const asked: unknown[] = [];
  const check: BugCheck = {
    copy: {
      apply: async (patch) => void asked.push(["apply", patch]),
      revert: async (patch) => void asked.push(["revert", patch]),
    },
    run: {
      run: async () => results(),
      runAll: async (paths) => {
        asked.push(["all", paths]);
        return results();
      },
      forget: (files) => void asked.push(["forget", files]),
    },
  };
  return { check, asked };
}

describe("checkBug", () => {
  it("tells the named tests that fail from those that pass", async () => {
    const { check, asked } = scripted(() => [passed("keeps one"), failed("keeps two"), passed("ends once")]);
    const { caughtBy, missedBy, others } = await checkBug(BUG, check);
    expect(caughtBy.map(({ title }) => title)).toEqual(["keeps %s"]);
    expect(missedBy.map(({ title }) => title)).toEqual(["ends once"]);
    expect(others).toEqual([]);
    expect(asked).toEqual([
      ["apply", "/01-a.patch"],
      ["forget", BUG.files],
      ["revert", "/01-a.patch"],
      ["forget", BUG.files],
    ]);
  });

  it("runs the tests beside the change, too, and shows which of them fail", async () => {
    const other = failed("keeps nothing else, and fails");
    const { check, asked } = scripted(() => [other, { ...other, title: "is of another" }]);
    const { others } = await checkBug(BUG, { ...check, runsAll: true });
    expect(others.map(({ title }) => title)).toEqual(["is of another"]);
    expect(asked).toContainEqual(["all", ["packages/core/src/lease/", FILE]]);
  });

  it("takes the bug out of the copy when the tests cannot be run", async () => {
    const { check, asked } = scripted(() => {
      throw new Error("no tests");
    });
    await expect(checkBug(BUG, check)).rejects.toThrow("no tests");
    expect(asked).toContainEqual(["revert", "/01-a.patch"]);
  });
});

describe("testsThatFailAnyway", () => {
  it("returns tests that fail without a bug, and those that were not found", async () => {
    const { check } = scripted(() => [failed("keeps two")]);
    expect(await testsThatFailAnyway(check.run, BUG.caughtBy)).toEqual([
      `${FILE} > keeps two: expected 1`,
      `${FILE} > ends once: not found`,
    ]);
  });

  it("returns nothing if all pass", async () => {
    const { check } = scripted(() => [passed("keeps two"), passed("ends once")]);
    expect(await testsThatFailAnyway(check.run, BUG.caughtBy)).toEqual([]);
  });
});
