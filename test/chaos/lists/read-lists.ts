/**
 * The lists that a handler read, from the results of all its statements.
 *
 * @param answer one result for each statement, in order; those of reads are rows
 * @param keys of the reads
 */
export function readsIn(answer: unknown, keys: readonly number[]): number[][] {
  if (!Array.isArray(answer)) throw new Error("the handler did not answer with its results");
  // Other statements have no rows, or something in their place that describes them. An empty list has no row either.
  const rows = answer.flatMap((result: unknown): unknown[] =>
    Array.isArray(result) ? result.filter(isList) : [],
  );
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

function isList(row: unknown): boolean {
  return typeof row === "object" && row !== null && "elements" in row;
}

/** The elements in a list's text. */
export function elementsIn(text: unknown): number[] {
  return String(text).split(" ").map(Number);
}
