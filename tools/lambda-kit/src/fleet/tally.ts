import type { Outcome } from "./messages.js";

/** A summary of invocations. */
export interface Tally {
  readonly answered: number;
  readonly failed: number;
  /** How long callers waited for an answer, in ms. Failed invocations count as `Infinity`. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How often callers got each error, the most frequent first. */
  readonly errors: readonly (readonly [message: string, count: number])[];
}

/** Counts outcomes. */
export function tally(outcomes: readonly Omit<Outcome, "invokedAtMs">[]): Tally {
  let answered = 0;
  const waitedMs: number[] = [];
  const counts = new Map<string, number>();
  for (const { durationMs, error } of outcomes) {
    if (error === undefined) answered++;
    else counts.set(error, (counts.get(error) ?? 0) + 1);
    waitedMs.push(error === undefined ? durationMs : Number.POSITIVE_INFINITY);
  }
  waitedMs.sort((one, other) => one - other);
  // By rank and not between two ranks, of which one may have no value.
  const at = (share: number): number =>
    waitedMs[Math.ceil(share * waitedMs.length) - 1] ?? Number.POSITIVE_INFINITY;
  return {
    answered,
    failed: outcomes.length - answered,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    errors: [...counts].toSorted(([, one], [, other]) => other - one),
  };
}

/** The share of invocations that were answered; 0 where there were none. */
export function shareAnswered({ answered, failed }: Pick<Tally, "answered" | "failed">): number {
  return answered + failed === 0 ? 0 : answered / (answered + failed);
}
