import type { TestOutcome } from "./suite.js";

/** A test that ended differently with the adapter. */
export interface Difference {
  readonly name: string;
  readonly bare: TestOutcome["state"] | "missing";
  readonly ours: TestOutcome["state"] | "missing";
  /** The error of the side that failed. */
  readonly message: string | undefined;
}

/** The number of a run's tests by outcome. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function countOutcomes(outcomes: readonly TestOutcome[]): Count {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const { state } of outcomes) count[state]++;
  return count;
}

/** Tests that ended differently on the two sides. Tests of one name are compared in their order. */
export function compareOutcomes(
  bare: readonly TestOutcome[],
  ours: readonly TestOutcome[],
): readonly Difference[] {
  const bareByName = numbered(bare);
  const oursByName = numbered(ours);
  const names = new Set([...bareByName.keys(), ...oursByName.keys()]);
  const differences: Difference[] = [];
  for (const name of names) {
    const before = bareByName.get(name);
    const after = oursByName.get(name);
    if (before?.state === after?.state) continue;
    differences.push({
      name,
      bare: before?.state ?? "missing",
      ours: after?.state ?? "missing",
      message: after?.message ?? before?.message,
    });
  }
  return differences;
}

/** Outcomes by name; the second of a name gets a number. */
function numbered(outcomes: readonly TestOutcome[]): ReadonlyMap<string, TestOutcome> {
  const byName = new Map<string, TestOutcome>();
  const seen = new Map<string, number>();
  for (const outcome of outcomes) {
    const count = (seen.get(outcome.name) ?? 0) + 1;
    seen.set(outcome.name, count);
    byName.set(count === 1 ? outcome.name : `${outcome.name} (${count})`, outcome);
  }
  return byName;
}
