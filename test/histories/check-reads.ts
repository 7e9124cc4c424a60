import type { Anomaly } from "./anomaly.js";
import type { Transaction } from "./history.js";
import { type List, show } from "./version-orders.js";
import type { Append } from "./writers.js";

/** Elements that must not be there, and reads between two appends of a transaction. */
export function checkElements(lists: readonly List[], appends: ReadonlyMap<number, Append>): Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (const { key, order, reads } of lists) {
    for (const element of order) {
      const append = appends.get(element);
      if (append?.key !== key) {
        anomalies.push({
          kind: "unknown element",
          description: `list ${key} has ${element}: ${show(order)}`,
        });
      } else if (append.writer.outcome === "fail") {
        const description = `list ${key} has ${element} of transaction ${append.writer.id}, which was not committed`;
        anomalies.push({ kind: "G1a", description });
      }
    }
    for (const { reader, elements } of reads) {
      const last = elements.at(-1);
      const append = last === undefined ? undefined : appends.get(last);
      if (append === undefined || append.isLast || append.writer === reader) continue;
      const description = `transaction ${reader.id} read list ${key} between two appends of transaction ${append.writer.id}: ${show(elements)}`;
      anomalies.push({ kind: "G1b", description });
    }
  }
  return anomalies;
}

/** Appends that were acknowledged before a read of their list began, which does not show them. */
export function checkRecency(history: readonly Transaction[], lists: readonly List[]): Anomaly[] {
  const acknowledged = acknowledgedAppends(history);
  return lists.flatMap(({ key, order, reads }) => {
    const positions = new Map(order.map((element, index) => [element, index]));
    const appends = acknowledged.get(key) ?? [];
    const byBegin = reads.toSorted((one, other) => one.reader.invokedAt - other.reader.invokedAt);
    const anomalies: Anomaly[] = [];
    let seen = 0;
    let newest = -1;
    for (const { reader, elements } of byBegin) {
      for (; (appends[seen]?.endedAt ?? Number.POSITIVE_INFINITY) < reader.invokedAt; seen++) {
        const element = appends[seen]?.element ?? 0;
        const position = positions.get(element);
        if (position === undefined) {
          const description = `${element} was acknowledged, and transaction ${reader.id} read list ${key} later without it: ${show(elements)}`;
          anomalies.push({ kind: "lost append", description });
        } else newest = Math.max(newest, position);
      }
      if (elements.length > newest) continue;
      const description = `transaction ${reader.id} read list ${key} as ${show(elements)}, after ${order[newest]} had been acknowledged`;
      anomalies.push({ kind: "stale read", description });
    }
    return anomalies;
  });
}

interface Acknowledged {
  readonly element: number;
  readonly endedAt: number;
}

/** By key, in the order in which they were acknowledged. */
function acknowledgedAppends(history: readonly Transaction[]): Map<number, Acknowledged[]> {
  const byKey = new Map<number, Acknowledged[]>();
  const inOrder = history
    .filter(({ outcome }) => outcome === "ok")
    .toSorted((one, other) => one.endedAt - other.endedAt);
  for (const { operations, endedAt } of inOrder) {
    for (const operation of operations) {
      if (operation.kind !== "append") continue;
      const appends = byKey.get(operation.key);
      if (appends) appends.push({ element: operation.element, endedAt });
      else byKey.set(operation.key, [{ element: operation.element, endedAt }]);
    }
  }
  return byKey;
}

/** What each transaction reads beside what it has read and appended itself. */
export function checkOwnView(history: readonly Transaction[]): Anomaly[] {
  return history.filter(({ outcome }) => outcome === "ok").flatMap(viewOf);
}

function viewOf({ id, operations }: Transaction): Anomaly[] {
  const anomalies: Anomaly[] = [];
  /** The last read, with what the transaction has appended since. */
  const known = new Map<number, number[]>();
  const own = new Map<number, number[]>();
  for (const operation of operations) {
    const { key } = operation;
    if (operation.kind === "append") {
      own.set(key, [...(own.get(key) ?? []), operation.element]);
      known.get(key)?.push(operation.element);
      continue;
    }
    const { elements } = operation;
    const appended = own.get(key) ?? [];
    const expected = known.get(key);
    if (!isEqual(elements.slice(Math.max(0, elements.length - appended.length)), appended)) {
      const description = `transaction ${id} appended ${show(appended)} to list ${key} and read ${show(elements)}`;
      anomalies.push({ kind: "missed own append", description });
    } else if (expected && !isEqual(elements, expected)) {
      const description = `transaction ${id} read list ${key} as ${show(elements)} and expected ${show(expected)}`;
      anomalies.push({ kind: "non-repeatable read", description });
    }
    known.set(key, [...elements]);
  }
  return anomalies;
}

function isEqual(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((element, index) => element === other[index]);
}
