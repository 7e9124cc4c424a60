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

export const equivalentMutants: readonly EquivalentMutant[] = [
  {
    file: "packages/database/src/database.ts",
    line: "() => false,",
    change: "() => false → () => undefined",
    reason: "Only whether it is true counts.",
  },
  {
    file: "packages/database/src/invocations.ts",
    line: "if (this.#held.size === 0) return undefined;",
    change: "this.#held.size === 0 → false",
    reason: "Saves most invocations two arrays; the result is the same.",
  },
  {
    file: "packages/database/src/invocations.ts",
    line: "if (this.#waiters.length === 0) return;",
    change: "this.#waiters.length === 0 → false",
    reason: "Saves most invocations an array; the result is the same.",
  },
];
