/**
 * The lists that a handler read, in the order of its reads. A list without elements has no row.
 *
 * @param answer one result for each statement, in order; those of reads are rows
 * @param statements those that the handler sent, in order
 * @param keys of the lists, by the statements that read them
 */
export function readsIn(
  answer: unknown,
  statements: readonly string[],
  keys: ReadonlyMap<string, number>,
): number[][] {
  if (!Array.isArray(answer) || answer.length !== statements.length)
    throw new Error("the handler did not answer with its results");
  return statements.flatMap((statement, index) => {
    const key = keys.get(statement);
    return key === undefined ? [] : [listIn(answer[index], key)];
  });
}

function listIn(result: unknown, key: number): number[] {
  const [row, ...others]: unknown[] = Array.isArray(result) ? result : [result];
  if (row === undefined) return [];
  const { id, elements }: { id?: unknown; elements?: unknown } = Object(row);
  if (others.length > 0 || Number(id) !== key)
    throw new Error(`the handler read other rows than list ${key}: ${JSON.stringify(result)}`);
  return elementsIn(elements);
}

/** The elements in a list's text. */
export function elementsIn(text: unknown): number[] {
  return String(text).split(" ").map(Number);
}
