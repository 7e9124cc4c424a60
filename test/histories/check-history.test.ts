import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { isolationLevels } from "../support/isolation-levels.js";
import { createRandom } from "../support/random.js";
import { checkHistory } from "./check-history.js";
import type { Transaction } from "./history.js";
import { PERMITTED } from "./isolation.js";
import { append, concurrent, plants, read } from "./plants.js";
import { serialHistory } from "./serial-store.js";

const kindsOf = (history: readonly Transaction[]) => [
  ...new Set(checkHistory(history).violations.map(({ kind }) => kind)),
];

describe("a history written by hand", () => {
  it.each(plants)("shows %s alone", (kind, history) => {
    // These two read before and after appends of one transaction, which is a cycle.
    const isCycle = kind === "non-repeatable read" || kind === "G1b";
    expect(kindsOf(history)).toEqual(isCycle ? [kind, "G-single"] : [kind]);
  });

  it("may leave an append out whose commit is unknown, or that was not committed", () => {
    const history: Transaction[] = [
      { id: 1, outcome: "info", operations: [append(1, 1)], invokedAt: 0, endedAt: 1 },
      { id: 2, outcome: "fail", operations: [append(1, 2)], invokedAt: 0, endedAt: 1 },
      { id: 3, outcome: "ok", operations: [read(1)], invokedAt: 2, endedAt: 3 },
    ];
    expect(kindsOf(history)).toEqual([]);
  });

  it("may show an append whose commit is unknown, which then takes part in cycles", () => {
    const [first, second, auditor] = concurrent(
      [append(1, 1), append(2, 2)],
      [append(1, 3), append(2, 4)],
      [read(1, 1, 3), read(2, 4, 2)],
    );
    if (!first || !second || !auditor) throw new Error("three transactions");
    expect(kindsOf([{ ...first, outcome: "info" }, second, auditor])).toEqual(["G0"]);
  });

  it("says which transactions are in a cycle, and how they depend on each other", () => {
    const history = concurrent([read(1), append(2, 1)], [read(2), append(1, 2)], [read(1, 2), read(2, 1)]);
    expect(checkHistory(history).violations.map(({ description }) => description)).toEqual([
      "transactions 1000000000 -rw-> 1000000001 -rw-> 1000000000",
    ]);
  });

  it("refuses elements that are not unique", () => {
    expect(() => checkHistory(concurrent([append(1, 1)], [append(2, 1)]))).toThrow(
      "element 1 is appended twice",
    );
  });
});

describe("what servers permit", () => {
  it.each([
    ["write skew", "G2", { postgres: 2, mysql: 2 }],
    ["lost updates", "G-single", { postgres: 1, mysql: 2 }],
    ["dirty reads", "G1a", { postgres: 0, mysql: 0 }],
    ["lost appends", "lost append", { postgres: 0, mysql: 0 }],
  ] as const)("%s: only the weak levels", (_, kind, weakLevels) => {
    const history = plants.find(([planted]) => planted === kind)?.[1] ?? [];
    for (const engine of ["postgres", "mysql"] as const) {
      const verdicts = isolationLevels.map((level) => checkHistory(history, PERMITTED[engine][level]));
      expect(verdicts.map(({ violations }) => violations.length)).toEqual(
        isolationLevels.map((_level, index) => (index < weakLevels[engine] ? 0 : 1)),
      );
      expect(verdicts.map(({ permitted }) => permitted[kind] ?? 0)).toEqual(
        isolationLevels.map((_level, index) => (index < weakLevels[engine] ? 1 : 0)),
      );
    }
  });
});

const seeds = fc.integer({ min: 0, max: 1_000_000 });

test("a store that runs one transaction after the other has no anomaly", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(checkHistory(serialHistory(seed, 120)).violations).toEqual([]);
    }),
  );
});

test.each(plants)("%s is found among other transactions, in any order", (kind, planted) => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = createRandom(seed, "places");
      const history = serialHistory(seed, 60);
      for (const transaction of planted) history.splice(random.between(0, history.length), 0, transaction);
      expect(kindsOf(history)).toContain(kind);
    }),
    { numRuns: 30 },
  );
});

/** Changes to a serial history that one read shows. */
const corruptions: readonly (readonly [string, RegExp, (history: Transaction[]) => Transaction[]])[] = [
  [
    "an element is missing in all reads",
    /^lost append$/,
    (history) => {
      const lost = history.findLast(
        ({ outcome, operations }) => outcome === "ok" && operations.some(({ kind }) => kind === "append"),
      );
      const element = lost?.operations.find((operation) => operation.kind === "append")?.element;
      return history.map((transaction) =>
        withReads(transaction, (elements) => elements.filter((each) => each !== element)),
      );
    },
  ],
  [
    "a transaction that others saw was not committed",
    /^G1a$/,
    (history) => {
      const shown = new Set(
        history.at(-1)?.operations.flatMap((each) => (each.kind === "read" ? each.elements : [])),
      );
      const seen = history.findIndex(({ operations }) =>
        operations.some((each) => each.kind === "append" && shown.has(each.element)),
      );
      return history.map((transaction, index) =>
        index === seen ? { ...transaction, outcome: "fail" } : transaction,
      );
    },
  ],
  [
    "the last read is of an older state",
    /^(?:lost append|stale read)$/,
    (history) =>
      history.map((transaction, index) =>
        index === history.length - 1
          ? withReads(transaction, (elements) => elements.slice(0, -1))
          : transaction,
      ),
  ],
  [
    "two elements change places",
    /^incompatible orders$/,
    (history) =>
      history.map((transaction, index) =>
        index === history.length - 1
          ? withReads(transaction, ([first = 0, second = 0, ...others]) => [second, first, ...others])
          : transaction,
      ),
  ],
];

function withReads(
  transaction: Transaction,
  change: (elements: readonly number[]) => readonly number[],
): Transaction {
  const operations = transaction.operations.map((each) =>
    each.kind === "read" ? { ...each, elements: change(each.elements) } : each,
  );
  return { ...transaction, operations };
}

test.each(corruptions)("a serial history in which %s is anomalous", (_, kind, corrupt) => {
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(kindsOf(corrupt(serialHistory(seed, 120)))).toContainEqual(expect.stringMatching(kind));
    }),
    { numRuns: 30 },
  );
});

const COUNT = 100_000;

test("100,000 transactions are checked in linear time, all in one cycle", { timeout: 60_000 }, () => {
  const ring = concurrent(
    ...Array.from({ length: COUNT }, (_, key) => [read(key), append((key + 1) % COUNT, key)]),
    Array.from({ length: COUNT }, (_, key) => read((key + 1) % COUNT, key)),
  );
  expect(kindsOf(ring)).toEqual(["G2"]);
});

test("20,000 transactions of a serial store have no anomaly", { timeout: 60_000 }, () => {
  expect(checkHistory(serialHistory(1, 20_000)).violations).toEqual([]);
});
