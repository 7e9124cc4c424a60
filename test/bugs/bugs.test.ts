import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Bug, parseBug, readBugs } from "./bug.js";
import { withTable } from "./table.js";
import { isDefined, patternOf } from "./test-title.js";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = new URL("README.md", import.meta.url);

const bugs = readBugs();

describe("the list of bugs", () => {
  it("has at least 60, numbered in order", () => {
    expect(bugs.length).toBeGreaterThanOrEqual(60);
    expect(bugs.map(({ number }) => Number(number))).toEqual(bugs.map((_, index) => index + 1));
  });

  it("changes the source of packages only", () => {
    const others = bugs.filter(({ files }) => !isOnlySource(files)).map(({ path }) => basename(path));
    expect(others).toEqual([]);
  });

  it("names tests that exist", () => {
    const missing = bugs.flatMap(({ path, caughtBy }) =>
      caughtBy.length === 0 ? [`${basename(path)}: no test`] : caughtBy.flatMap(missingTest),
    );
    expect(missing).toEqual([]);
  });

  it("applies to the present source", async () => {
    const faults = await Promise.all(bugs.map(applyFault));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it("is the table of the README", () => {
    const readme = readFileSync(README, "utf8");
    expect(readme, "npm run test:bugs -- --write").toBe(withTable(readme, bugs));
  });
});

function isOnlySource(files: readonly string[]): boolean {
  return (
    files.length > 0 &&
    files.every((file) => /^packages\/[^/]+\/src\//.test(file) && !file.includes(".test."))
  );
}

function missingTest(test: Bug["caughtBy"][number]): string[] {
  const { file, title } = test;
  return existsSync(join(ROOT, file)) && isDefined(test, ROOT) ? [] : [`${file} > ${title}`];
}

async function applyFault({ path }: Bug): Promise<string | undefined> {
  try {
    await run("git", ["apply", "--check", path], { cwd: ROOT });
    return undefined;
  } catch (error) {
    return `${basename(path)}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

describe("parseBug", () => {
  const DIFF = "--- a/packages/core/src/a.ts\n+++ b/packages/core/src/a.ts\n@@ -1 +1 @@\n-a\n+b\n";

  it("reads the header and the changed files", () => {
    const text = `Bug: It breaks.\nSeen: a/b#1\nCaught by: x.test.ts > works > well\n\n${DIFF}`;
    expect(parseBug("/patches/07-a.patch", text)).toEqual({
      number: "07",
      path: "/patches/07-a.patch",
      symptom: "It breaks.",
      seen: "a/b#1",
      caughtBy: [{ file: "x.test.ts", title: "works > well" }],
      files: ["packages/core/src/a.ts"],
    });
  });

  it.each([
    ["a.patch", "Bug: It breaks.", "07-lost-wake-up.patch"],
    ["07-a.patch", "It breaks.", '"Bug: ..."'],
    ["07-a.patch", "Bug: It breaks.\nCaught by: works", "FILE.test.ts > TITLE"],
  ])("refuses %s with %j", (path, header, expected) => {
    expect(() => parseBug(path, `${header}\n\n${DIFF}`)).toThrow(expected);
  });
});

describe("patternOf", () => {
  it.each([
    ["keeps $count of %s", "keeps 3 of pg"],
    [`fails on \${engine} (again)`, "fails on mysql (again)"],
  ])("matches the titles that are made of %s", (title, made) => {
    expect(made).toMatch(patternOf(title));
    expect(`it ${made}`).not.toMatch(patternOf(title));
  });
});
