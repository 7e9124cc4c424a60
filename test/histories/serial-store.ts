import { createRandom } from "../support/random.js";
import type { Operation, Transaction } from "./history.js";

/** A list gets no more appends than this, so that reads stay short. */
const LONGEST_LIST = 16;
const LISTS_AT_A_TIME = 6;

/**
 * The history of a store that runs one transaction after the other, though the callers' times overlap. Some transactions fail, of
 * some it is unknown whether they were committed. It ends with a read of all lists.
 */
export function serialHistory(seed: number, count: number): Transaction[] {
  const random = createRandom(seed, "serial store");
  const lists = new Map<number, number[]>();
  const history: Transaction[] = [];
  let firstKey = 0;
  let element = 0;
  const listOf = (key: number): number[] => lists.get(key) ?? [];
  for (let id = 0; id < count; id++) {
    const drawn = random.next();
    const outcome = drawn < 0.8 ? "ok" : drawn < 0.9 ? "fail" : "info";
    const isCommitted = outcome === "ok" || (outcome === "info" && random.next() < 0.5);
    const changed = new Map<number, number[]>();
    const operations = Array.from({ length: random.between(1, 4) }, (): Operation => {
      const key = firstKey + random.between(0, LISTS_AT_A_TIME - 1);
      const elements = changed.get(key) ?? listOf(key);
      if (random.next() < 0.5) return { kind: "read", key, elements: [...elements] };
      element++;
      changed.set(key, [...elements, element]);
      return { kind: "append", key, element };
    });
    if (isCommitted) for (const [key, elements] of changed) lists.set(key, elements);
    while (listOf(firstKey).length > LONGEST_LIST) firstKey++;
    const time = 10 * id;
    history.push({
      id,
      outcome,
      operations,
      invokedAt: time - random.between(0, 40),
      endedAt: time + random.between(0, 40),
    });
  }
  const operations = [...lists].map(
    ([key, elements]): Operation => ({ kind: "read", key, elements: [...elements] }),
  );
  return [
    ...history,
    { id: count, outcome: "ok", operations, invokedAt: 10 * count + 100, endedAt: 10 * count + 101 },
  ];
}
