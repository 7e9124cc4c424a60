import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { chooseFiles } from "./choose-files.js";
import type { EquivalentMutant } from "./equivalent.js";
import { type Mutant, readMutants } from "./mutant.js";
import { scoreOf } from "./score.js";

function mutant(status: Mutant["status"], more: Partial<Mutant> = {}): Mutant {
  return {
    file: "a.ts",
    lineNumber: 1,
    line: "a > b",
    change: "a > b → true",
    mutator: "m",
    status,
    ...more,
  };
}

const EQUIVALENT: EquivalentMutant = {
  file: "a.ts",
  line: "a > b",
  change: "a > b → true",
  reason: "a is always greater",
};

describe("the score", () => {
  test("counts what tests noticed among the mutants that change something", () => {
    const mutants = [
      mutant("Killed", { change: "1" }),
      mutant("Timeout", { change: "2" }),
      mutant("Survived", { change: "3" }),
      mutant("NoCoverage", { change: "4" }),
      // Not valid, or not chosen.
      mutant("CompileError", { change: "5" }),
      mutant("RuntimeError", { change: "6" }),
      mutant("Survived"),
    ];
    expect(scoreOf(mutants, [EQUIVALENT])).toEqual({
      killed: 1,
      timedOut: 1,
      equivalent: 1,
      survivors: [mutants[2], mutants[3]],
      unused: [],
      percent: 50,
    });
  });

  test("is 100 % if there is nothing to notice", () => {
    expect(scoreOf([], []).percent).toBe(100);
  });

  test.each<[string, Mutant]>([
    ["was killed", mutant("Killed")],
    ["is on another line", mutant("Survived", { line: "a > c" })],
    ["is another change", mutant("Survived", { change: "a > b → false" })],
  ])("names an entry whose mutant %s", (_, other) => {
    expect(scoreOf([other], [EQUIVALENT])).toMatchObject({ unused: [EQUIVALENT], equivalent: 0 });
  });

  test("leaves entries for other files alone", () => {
    expect(scoreOf([mutant("Killed", { file: "b.ts" })], [EQUIVALENT]).unused).toEqual([]);
  });
});

test("a mutant is read with its line and what was replaced", () => {
  const root = mkdtempSync(join(tmpdir(), "mutants-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const fileName = join(root, "a.ts");
  writeFileSync(fileName, "f();\n  if (a > b) {\n    f();\n  }\n");
  const result = { id: "1", fileName, mutatorName: "m", status: "Survived" } as const;
  const mutants = readMutants(
    [
      {
        ...result,
        replacement: "true",
        location: { start: { line: 2, column: 7 }, end: { line: 2, column: 12 } },
      },
      {
        ...result,
        replacement: "{}",
        location: { start: { line: 2, column: 14 }, end: { line: 4, column: 4 } },
      },
    ],
    root,
  );
  const common = { file: "a.ts", lineNumber: 2, line: "if (a > b) {", mutator: "m", status: "Survived" };
  expect(mutants).toEqual([
    { ...common, change: "a > b → true" },
    { ...common, change: "{ → {}" },
  ]);
});

describe("the files", () => {
  const FOLDER = "packages/core/src/time";

  test("are the sources of a folder, without their tests", () => {
    const files = chooseFiles({ paths: [FOLDER] });
    expect(files).toContain(`${FOLDER}/deadline.ts`);
    expect(files.filter((file) => !file.startsWith(`${FOLDER}/`) || file.includes(".test."))).toEqual([]);
  });

  test("are no test support", () => {
    expect(chooseFiles({ packages: ["core"] }).filter((file) => file.includes("/testing/"))).toEqual([]);
  });

  test.each([
    [{ packages: ["cores"] }, /^--package: expected one of core, .*, got cores$/],
    [{ paths: ["packages/core/src/tim"] }, /^packages\/core\/src\/tim: no such file or folder$/],
  ])("are refused by a wrong name: %o", (choice, message) => {
    expect(() => chooseFiles(choice)).toThrow(message);
  });
});
