import { quantile } from "../../bench/results/statistics.js";
import type { Outcome } from "./messages.js";

/** What a contender's invocations came to. */
export interface Tally {
  readonly answered: number;
  readonly failed: number;
  /** Latency of those that were answered, in ms; none where none was. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** How often each error was told to a caller, the most frequent first. */
  readonly errors: readonly (readonly [message: string, count: number])[];
}

/** Counts outcomes. */
export function tally(outcomes: readonly Outcome[]): Tally {
  const durationsMs: number[] = [];
  const counts = new Map<string, number>();
  for (const { durationMs, error } of outcomes) {
    if (error === undefined) durationsMs.push(durationMs);
    else counts.set(error, (counts.get(error) ?? 0) + 1);
  }
  const at = (share: number): number | undefined =>
    durationsMs.length === 0 ? undefined : quantile(durationsMs, share);
  return {
    answered: durationsMs.length,
    failed: outcomes.length - durationsMs.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    errors: [...counts].toSorted(([, one], [, other]) => other - one),
  };
}

/** The share of invocations that were answered; 0 where there were none. */
export function shareAnswered({ answered, failed }: Pick<Tally, "answered" | "failed">): number {
  return answered + failed === 0 ? 0 : answered / (answered + failed);
}
