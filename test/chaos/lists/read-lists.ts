/**
 * The lists that a handler read, from the results of all its statements.
 *
 * @param answer one result for each statement, in order; those of reads are rows
 * @param keys of the reads
 */
export function readsIn(answer: unknown, keys: readonly number[]): number[][] {
  if (!Array.isArray(answer)) throw new Error("the handler did not answer with its results");
  // An append has no rows, or a header in their place. So has a read of an empty list.
  const rows = answer.flatMap((result: unknown): unknown[] => (Array.isArray(result) ? result : []));
  let next = 0;
  const lists = keys.map((key) => {
    const { id, elements }: { id?: unknown; elements?: unknown } = Object(rows[next]);
    if (Number(id) !== key) return [];
    next++;
    return elementsIn(elements);
  });
  if (next < rows.length) throw new Error(`the handler read other rows: ${JSON.stringify(answer)}`);
  return lists;
}

/** The elements in a list's text. */
export function elementsIn(text: unknown): number[] {
  return String(text).split(" ").map(Number);
}
