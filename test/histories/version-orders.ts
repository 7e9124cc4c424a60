import type { Anomaly } from "./anomaly.js";
import type { Operation, Transaction } from "./history.js";

/** A read of a transaction that was acknowledged. */
interface Read {
  readonly reader: Transaction;
  readonly elements: readonly number[];
}

/** What all transactions together say of one list. */
export interface List {
  readonly key: number;
  /** The longest read: the order in which elements were appended. */
  readonly order: readonly number[];
  /** Those whose elements are the beginning of `order`. */
  readonly reads: readonly Read[];
}

/** Finds the order of each list's elements. */
export function versionOrders(history: readonly Transaction[]): { lists: List[]; anomalies: Anomaly[] } {
  const readsOfKeys = new Map<number, Read[]>();
  for (const reader of history) {
    if (reader.outcome !== "ok") continue;
    for (const operation of reader.operations) {
      if (!isRead(operation)) continue;
      const read = { reader, elements: operation.elements };
      const reads = readsOfKeys.get(operation.key);
      if (reads) reads.push(read);
      else readsOfKeys.set(operation.key, [read]);
    }
  }
  const anomalies: Anomaly[] = [];
  const lists = [...readsOfKeys].map(([key, reads]) => {
    const longest = reads.reduce((one, other) => (other.elements.length > one.elements.length ? other : one));
    const order = longest.elements;
    reportDuplicates(key, order, anomalies);
    const compatible = reads.filter(({ reader, elements }) => {
      if (elements.every((element, index) => element === order[index])) return true;
      anomalies.push({
        kind: "incompatible orders",
        description: `transactions ${reader.id} and ${longest.reader.id} read list ${key} as ${show(elements)} and ${show(order)}`,
      });
      reportDuplicates(key, elements, anomalies);
      return false;
    });
    return { key, order, reads: compatible };
  });
  return { lists, anomalies };
}

function isRead(operation: Operation): operation is Extract<Operation, { kind: "read" }> {
  return operation.kind === "read";
}

function reportDuplicates(key: number, elements: readonly number[], anomalies: Anomaly[]): void {
  const seen = new Set<number>();
  for (const element of elements) {
    if (seen.has(element))
      anomalies.push({
        kind: "duplicate",
        description: `list ${key} has ${element} twice: ${show(elements)}`,
      });
    seen.add(element);
  }
}

const SHOWN_ELEMENTS = 12;

/** The last elements of a list, for a message. */
export function show(elements: readonly number[]): string {
  const cut = elements.length > SHOWN_ELEMENTS ? "… " : "";
  return `[${cut}${elements.slice(-SHOWN_ELEMENTS).join(" ")}]`;
}
