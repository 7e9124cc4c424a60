import type { Transaction } from "./history.js";

/** The append that made an element. */
export interface Append {
  readonly writer: Transaction;
  readonly key: number;
  /** Whether its transaction appended nothing more to the list. */
  readonly isLast: boolean;
}

/**
 * The append of each element.
 *
 * @throws Error if two appends have the same element, which makes a history useless
 */
export function appendsByElement(history: readonly Transaction[]): Map<number, Append> {
  const appends = new Map<number, Append>();
  for (const writer of history) {
    const written = new Set<number>();
    for (const operation of writer.operations.toReversed()) {
      if (operation.kind !== "append") continue;
      const { key, element } = operation;
      if (appends.has(element)) throw new Error(`element ${element} is appended twice`);
      appends.set(element, { writer, key, isLast: !written.has(key) });
      written.add(key);
    }
  }
  return appends;
}
