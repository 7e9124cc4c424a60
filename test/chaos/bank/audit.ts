/** Money that is moved from one account to another. */
export interface Transfer {
  readonly id: number;
  readonly source: number;
  readonly target: number;
  readonly amount: number;
}

/**
 * What the caller of a transfer's invocation knows.
 *
 * - `acknowledged`: the handler committed it and returned.
 * - `never committed`: the handler left the commit out on purpose.
 * - `unknown`: the handler failed, or did not wait for the commit.
 */
export type Knowledge = "acknowledged" | "never committed" | "unknown";

export interface OrderedTransfer extends Transfer {
  readonly knowledge: Knowledge;
}

/** The database's tables at the end. */
export interface Books {
  readonly balances: ReadonlyMap<number, number>;
  readonly transfers: readonly Transfer[];
}

/** Everything that the tables get wrong, in sentences. */
export function auditBooks(
  ordered: readonly OrderedTransfer[],
  { balances, transfers }: Books,
  openingBalance: number,
): readonly string[] {
  const violations: string[] = [];
  const times = new Map<number, number>();
  for (const { id } of transfers) times.set(id, (times.get(id) ?? 0) + 1);

  for (const { id, knowledge } of ordered) {
    const count = times.get(id) ?? 0;
    times.delete(id);
    if (count > 1) violations.push(`transfer ${id} (${knowledge}) was done ${count} times`);
    if (count === 0 && knowledge === "acknowledged")
      violations.push(`transfer ${id} was acknowledged and is lost`);
    if (count > 0 && knowledge === "never committed") {
      violations.push(`transfer ${id} was left behind by its invocation and was committed by another`);
    }
  }
  for (const id of times.keys()) violations.push(`transfer ${id} was not ordered`);

  const expected = new Map([...balances.keys()].map((id) => [id, openingBalance]));
  for (const { source, target, amount } of transfers) {
    expected.set(source, (expected.get(source) ?? 0) - amount);
    expected.set(target, (expected.get(target) ?? 0) + amount);
  }
  for (const [id, balance] of balances) {
    if (balance !== expected.get(id)) {
      violations.push(`account ${id} holds ${balance}, by its transfers it should be ${expected.get(id)}`);
    }
  }
  const sum = [...balances.values()].reduce((total, balance) => total + balance, 0);
  if (sum !== balances.size * openingBalance) violations.push(`the sum of all accounts changed to ${sum}`);
  return violations;
}
