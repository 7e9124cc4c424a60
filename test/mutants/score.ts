import type { EquivalentMutant } from "./equivalent.js";
import type { Mutant } from "./mutant.js";

export interface Score {
  readonly killed: number;
  readonly timedOut: number;
  readonly equivalent: number;
  /** Without a result, for they do not compile, or end the tests before they begin. */
  readonly invalid: number;
  /** Survived, or covered by no test. */
  readonly survivors: readonly Mutant[];
  /** Entries of the list that match no surviving mutant of the files tested. */
  readonly unused: readonly EquivalentMutant[];
  /** Killed and timed out, in percent of all that are not equivalent. */
  readonly percent: number;
  /** The 95 % confidence interval of `percent`, of use if the mutants are a sample. */
  readonly interval: readonly [low: number, high: number];
}

/** The bounds of the 95 % confidence interval of a share, by Wilson's score, in percent. */
export function intervalOf(caught: number, all: number): readonly [low: number, high: number] {
  if (all === 0) return [0, 100];
  // The 97.5 % quantile of the normal distribution.
  const z = 1.959964;
  const share = caught / all;
  const center = share + z ** 2 / (2 * all);
  const margin = z * Math.sqrt((share * (1 - share)) / all + z ** 2 / (4 * all ** 2));
  const percent = (bound: number): number => (100 * bound) / (1 + z ** 2 / all);
  return [percent(center - margin), percent(center + margin)];
}

/** @param equivalent entries for the files of `mutants` alone are looked at */
export function scoreOf(mutants: readonly Mutant[], equivalent: readonly EquivalentMutant[]): Score {
  const files = new Set(mutants.map(({ file }) => file));
  const unused = new Set(equivalent.filter(({ file }) => files.has(file)));
  const left = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
  const survivors = left.filter((mutant) => {
    const entries = equivalent.filter((entry) => isSame(entry, mutant));
    for (const entry of entries) unused.delete(entry);
    return entries.length === 0;
  });
  const count = (status: Mutant["status"]): number => mutants.filter((each) => each.status === status).length;
  const killed = count("Killed");
  const timedOut = count("Timeout");
  const caught = killed + timedOut;
  const all = caught + survivors.length;
  return {
    killed,
    timedOut,
    equivalent: left.length - survivors.length,
    invalid: count("CompileError") + count("RuntimeError"),
    survivors,
    unused: [...unused],
    percent: all === 0 ? 100 : (100 * caught) / all,
    interval: intervalOf(caught, all),
  };
}

/** The entries for mutants that were tested, if these are only some of their files. */
export function entriesFor(
  mutants: readonly Mutant[],
  equivalent: readonly EquivalentMutant[],
): readonly EquivalentMutant[] {
  return equivalent.filter((entry) => mutants.some((mutant) => isSame(entry, mutant)));
}

/**
 * A sample is too low only if its whole interval is: one at the limit would fail every other time, and say nothing of the code.
 */
export function isHighEnough({ percent, interval }: Score, lowest: number, isSample: boolean): boolean {
  return (isSample ? interval[1] : percent) >= lowest;
}

function isSame(entry: EquivalentMutant, mutant: Mutant): boolean {
  return entry.file === mutant.file && entry.line === mutant.line && entry.change === mutant.change;
}
