import type { EquivalentMutant } from "./equivalent.js";
import type { Mutant } from "./mutant.js";

export interface Score {
  readonly killed: number;
  readonly timedOut: number;
  readonly equivalent: number;
  /** Survived, or covered by no test. */
  readonly survivors: readonly Mutant[];
  /** Entries of the list that match no surviving mutant of the files tested. */
  readonly unused: readonly EquivalentMutant[];
  /** Killed and timed out, in percent of all that are not equivalent. */
  readonly percent: number;
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
    survivors,
    unused: [...unused],
    percent: all === 0 ? 100 : (100 * caught) / all,
  };
}

function isSame(entry: EquivalentMutant, mutant: Mutant): boolean {
  return entry.file === mutant.file && entry.line === mutant.line && entry.change === mutant.change;
}
