/** A mutant that no test can kill, since the program behaves as before. */
export interface EquivalentMutant {
  /** Relative to the repository. */
  readonly file: string;
  /** The source line, without indentation. */
  readonly line: string;
  /** What was replaced by what, as the list of survivors prints it. */
  readonly change: string;
  readonly reason: string;
}

export const equivalentMutants: readonly EquivalentMutant[] = [];
