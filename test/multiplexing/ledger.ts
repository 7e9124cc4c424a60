/** A client got an answer that is not its own, a wrong one, or none. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Throws a {@link Violation} unless the answer is the expected one. */
export function expectAnswer(operation: string, actual: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Violation(`${operation}: expected ${wanted}, got ${got?.slice(0, 300)}`);
}

/** What became of each row that a client wrote. The rows of a client whose session ended may or may not be there. */
export class Ledger {
  readonly #rows = new Map<string, "written" | "absent" | "unknown">();

  /** The client is about to write the row. */
  begin(row: string): void {
    this.#rows.set(row, "unknown");
  }

  confirm(row: string, outcome: "written" | "absent"): void {
    this.#rows.set(row, outcome);
  }

  /** The differences between what clients know and the rows of the database. */
  differences(found: readonly string[]): string[] {
    const counts = new Map<string, number>();
    for (const row of found) counts.set(row, (counts.get(row) ?? 0) + 1);
    const ofClients = [...this.#rows].flatMap(([row, outcome]) => {
      const count = counts.get(row) ?? 0;
      if (count > 1) return `row ${row} is there ${count} times`;
      if (outcome === "written" && count === 0) return `row ${row} was acknowledged, and is missing`;
      return outcome === "absent" && count > 0 ? `row ${row} was refused, and is there` : [];
    });
    const strange = [...counts.keys()].filter((row) => !this.#rows.has(row));
    return [...ofClients, ...strange.map((row) => `row ${row} was never sent`)];
  }
}
