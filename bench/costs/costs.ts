/** The costs that are counted, all the same on every computer. Of an invocation they are those of a warm one. */
const COSTS = [
  "files of a cold start",
  "bytes of these",
  "million instructions until loaded",
  "million instructions until answered",
  "heap bytes of an invocation",
  "promises",
  "ticks",
  "immediates",
  "timers",
  "writes",
  "turns of the event loop",
] as const;

type Cost = (typeof COSTS)[number];

/** What was counted. Instructions are missing without Valgrind. */
export type Costs = Readonly<Partial<Record<Cost, number>>>;

/** One cost of `rdsProxy()` beside its budget. */
export interface Finding {
  readonly cost: Cost;
  readonly limit: number;
  readonly ours: number;
  /** What may be added to the limit's cost. */
  readonly budget: number;
  readonly isExceeded: boolean;
}

/**
 * Compares what was counted with the budgets.
 *
 * @throws Error if a cost was counted for one of both only, or has no budget
 */
export function findingsOf(limit: Costs, ours: Costs, budgets: Costs): readonly Finding[] {
  return COSTS.flatMap((cost) => {
    const counted = ours[cost];
    const compared = limit[cost];
    if (counted === undefined && compared === undefined) return [];
    const budget = budgets[cost];
    if (counted === undefined || compared === undefined || budget === undefined)
      throw new Error(`${cost}: expected a count of both and a budget`);
    return [{ cost, limit: compared, ours: counted, budget, isExceeded: !(counted - compared <= budget) }];
  });
}

/** A Markdown table of findings. */
export function renderFindings(title: string, findings: readonly Finding[]): string {
  const rows = findings.map(({ cost, limit, ours, budget, isExceeded }) => [
    cost,
    figure(limit),
    figure(ours),
    figure(ours - limit),
    figure(budget),
    isExceeded ? "above the budget" : "",
  ]);
  const table = [["", "limit", "ours", "added", "budget", ""], ["-", "-", "-", "-", "-", "-"], ...rows];
  return [`\n### ${title}\n`, ...table.map((row) => `| ${row.join(" | ")} |`)].join("\n");
}

function figure(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 1 });
}
