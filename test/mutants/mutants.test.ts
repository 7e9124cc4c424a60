import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { chooseFiles, lowestScores } from "./choose-files.js";
import { groupFiles, testGroups } from "./choose-tests.js";
import { drawSample } from "./draw-sample.js";
import type { EquivalentMutant } from "./equivalent.js";
import { type Mutant, NOT_IN_SAMPLE, readMutants } from "./mutant.js";
import { entriesFor, intervalOf, isHighEnough, scoreOf } from "./score.js";

function mutant(status: Mutant["status"], more: Partial<Mutant> = {}): Mutant {
  return {
    file: "a.ts",
    lineNumber: 1,
    line: "a > b",
    change: "a > b → true",
    mutator: "m",
    status,
    killedBy: [],
    reason: "",
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
      invalid: 2,
      survivors: [mutants[2], mutants[3]],
      unused: [],
      percent: 50,
      interval: intervalOf(2, 4),
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

  test("of a part of the mutants takes the entries for these alone", () => {
    const other = { ...EQUIVALENT, line: "a > c" };
    expect(entriesFor([mutant("Killed")], [EQUIVALENT, other])).toEqual([EQUIVALENT]);
  });
});

describe("a sample", () => {
  const ALL = Array.from({ length: 10 }, (_, i) => i);

  test("has each mutant once, and the same ones by the same seed", () => {
    const drawn = drawSample(ALL, 4, 7);
    expect(new Set(drawn).size).toBe(4);
    expect(drawSample(ALL, 4, 7)).toEqual(drawn);
  });

  test("begins with the smaller one by the same seed", () => {
    expect(drawSample(ALL, 7, 7).slice(0, 4)).toEqual(drawSample(ALL, 4, 7));
  });

  test("has all mutants if there are fewer", () => {
    expect(drawSample(ALL, 11, 7).toSorted()).toEqual(ALL);
  });

  test("has no preference", () => {
    const counts = ALL.map(() => 0);
    for (let seed = 0; seed < 2000; seed++) {
      for (const drawn of drawSample(ALL, 3, seed)) counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    // 600 each, with a standard deviation of 20.
    expect(Math.min(...counts)).toBeGreaterThan(500);
    expect(Math.max(...counts)).toBeLessThan(700);
  });

  // By the formula's source: E. B. Wilson, Probable inference, Journal of the American Statistical Association 22 (1927).
  test.each([
    [85, 100, 76.72, 90.69],
    [100, 100, 96.3, 100],
    [0, 20, 0, 16.11],
    [0, 0, 0, 100],
  ])(
    "of which tests notice %i of %i has the confidence interval from %f to %f %%",
    (caught, all, low, high) => {
      const interval = intervalOf(caught, all);
      expect(interval[0]).toBeCloseTo(low, 1);
      expect(interval[1]).toBeCloseTo(high, 1);
    },
  );

  test.each([
    // 79 of 100 may come from 85 %.
    [79, true],
    [76, false],
  ])("with %i of 100 noticed may have 85 %%: %s", (caught, expected) => {
    const mutants = Array.from({ length: 100 }, (_, i) =>
      mutant(i < caught ? "Killed" : "Survived", { change: String(i) }),
    );
    const score = scoreOf(mutants, []);
    expect(isHighEnough(score, 85, true)).toBe(expected);
    expect(isHighEnough(score, 85, false)).toBe(false);
  });
});

test("a mutant is read with its line and what was replaced, unless the sample is without it", () => {
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
      {
        ...result,
        status: "CompileError",
        statusReason: NOT_IN_SAMPLE,
        replacement: "false",
        location: { start: { line: 1, column: 6 }, end: { line: 1, column: 11 } },
      },
    ],
    root,
  );
  const common = {
    file: "a.ts",
    lineNumber: 2,
    line: "if (a > b) {",
    mutator: "m",
    status: "Survived",
    killedBy: [],
    reason: "",
  };
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

  test("may have lines, which get an end", () => {
    const file = `${FOLDER}/deadline.ts`;
    const files = chooseFiles({ paths: [`${file}:12`, `${file}:3-8`] });
    expect(files).toEqual([`${file}:12-12`, `${file}:3-8`]);
  });

  test("are tested with the tests of their package", () => {
    const [core, pg] = ["packages/core/src/errors.ts", "packages/adapter-pg/src/pool.ts:3-8"];
    const groups = groupFiles([core, pg]);
    expect(groups.map(({ group, files }) => [group.packages.includes("core"), files])).toEqual([
      [true, [core]],
      [false, [pg]],
    ]);
  });

  test("are of packages that have one group of tests each", () => {
    expect(testGroups.flatMap(({ packages }) => packages).toSorted()).toEqual(
      Object.keys(lowestScores).toSorted(),
    );
  });

  test.each(
    testGroups.flatMap(({ packages, tests }) =>
      // A new adapter need not have unit tests yet.
      tests.filter((pattern) => !pattern.startsWith(`packages/${packages[0]}/`)),
    ),
  )("meet the tests %s", (pattern) => {
    expect(globSync(pattern)).not.toEqual([]);
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
