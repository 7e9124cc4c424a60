import type { Anomaly, AnomalyKind } from "./anomaly.js";
import { checkElements, checkOwnView, checkRecency } from "./check-reads.js";
import { dependencies } from "./dependencies.js";
import { findCycles } from "./find-cycles.js";
import type { Transaction } from "./history.js";
import { versionOrders } from "./version-orders.js";
import { appendsByElement } from "./writers.js";

/** What a history got wrong. */
export interface Verdict {
  /** Anomalies that the server does not permit. */
  readonly violations: readonly Anomaly[];
  /** How often each kind of anomaly occurred that the server permits. */
  readonly permitted: Readonly<Partial<Record<AnomalyKind, number>>>;
}

/**
 * Checks transactions that append unique elements to lists and read lists, as Elle does: https://arxiv.org/abs/2003.10554
 *
 * A read of every list at the end makes sure that lost appends are found.
 *
 * @param permits what the server permits at the transactions' level
 */
export function checkHistory(
  history: readonly Transaction[],
  permits: ReadonlySet<AnomalyKind> = new Set(),
): Verdict {
  const appends = appendsByElement(history);
  const { lists, anomalies } = versionOrders(history);
  const found = [
    ...anomalies,
    ...checkElements(lists, appends),
    ...checkRecency(history, lists),
    ...checkOwnView(history),
    ...findCycles(history, dependencies(history, lists, appends)),
  ];
  const permitted: Partial<Record<AnomalyKind, number>> = {};
  for (const { kind } of found) if (permits.has(kind)) permitted[kind] = (permitted[kind] ?? 0) + 1;
  return { violations: found.filter(({ kind }) => !permits.has(kind)), permitted };
}
