import { Graph } from "./graph.js";
import type { Transaction } from "./history.js";
import type { List } from "./version-orders.js";
import type { Append } from "./writers.js";

/**
 * How one committed transaction comes before another: it appended before the other (`ww`), the other read its append (`wr`), or
 * it read before the other's append (`rw`).
 */
export type Dependency = "ww" | "wr" | "rw";

/** The dependencies of the transactions, whose nodes are their places in the history. */
export function dependencies(
  history: readonly Transaction[],
  lists: readonly List[],
  appends: ReadonlyMap<number, Append>,
): Graph<Dependency> {
  const graph = new Graph<Dependency>(history.length);
  const nodes = new Map(history.map((transaction, node) => [transaction, node]));
  for (const { order, reads } of lists) {
    /** Elements of transactions that were not committed have no writer here. */
    const writers = order.map((element) => {
      const writer = appends.get(element)?.writer;
      return writer === undefined || writer.outcome === "fail" ? undefined : nodes.get(writer);
    });
    const before = nearest(writers);
    const after = nearest(writers.toReversed()).toReversed();
    for (const [index, writer] of writers.entries()) {
      const previous = before[index - 1];
      if (writer !== undefined && previous !== undefined) graph.add(previous, writer, "ww");
    }
    for (const { reader, elements } of reads) {
      const node = nodes.get(reader);
      if (node === undefined) continue;
      const writer = before[elements.length - 1];
      if (writer !== undefined) graph.add(writer, node, "wr");
      const next = after[elements.length];
      if (next !== undefined) graph.add(node, next, "rw");
    }
  }
  return graph;
}

/** In each place the last one up to there. */
function nearest(writers: readonly (number | undefined)[]): (number | undefined)[] {
  let last: number | undefined;
  return writers.map((writer) => {
    last = writer ?? last;
    return last;
  });
}
