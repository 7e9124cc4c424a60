/** A directed graph over nodes from 0, whose edges have kinds. */
export class Graph<Kind extends string> {
  readonly size: number;
  readonly #successors: { readonly to: number; readonly kind: Kind }[][];

  constructor(size: number) {
    this.size = size;
    this.#successors = Array.from({ length: size }, () => []);
  }

  add(from: number, to: number, kind: Kind): void {
    if (from !== to) this.#successors[from]?.push({ to, kind });
  }

  successors(node: number): readonly { readonly to: number; readonly kind: Kind }[] {
    return this.#successors[node] ?? [];
  }

  *edges(): Generator<Edge<Kind>> {
    for (let from = 0; from < this.size; from++) {
      for (const { to, kind } of this.successors(from)) yield { from, to, kind };
    }
  }

  /** The same nodes with the edges of some kinds. */
  only<Kept extends Kind>(...kinds: readonly Kept[]): Graph<Kept> {
    const kept = new Graph<Kept>(this.size);
    for (const { from, to, kind } of this.edges()) {
      const same = kinds.find((each) => each === kind);
      if (same !== undefined) kept.add(from, to, same);
    }
    return kept;
  }
}

export interface Edge<Kind extends string> {
  readonly from: number;
  readonly to: number;
  readonly kind: Kind;
}

/**
 * The strongly connected component of each node, by Tarjan's algorithm without recursion. A component's number is less than
 * those of the components that lead to it.
 */
export function components<Kind extends string>(graph: Graph<Kind>): Int32Array {
  const component = new Int32Array(graph.size).fill(-1);
  const index = new Int32Array(graph.size).fill(-1);
  const low = new Int32Array(graph.size);
  const nextEdge = new Int32Array(graph.size);
  const open: number[] = [];
  const path: number[] = [];
  let indexes = 0;
  let count = 0;
  for (let root = 0; root < graph.size; root++) {
    if (index[root] === -1) path.push(root);
    while (path.length > 0) {
      const node = path.at(-1) ?? 0;
      if (index[node] === -1) {
        index[node] = low[node] = indexes++;
        open.push(node);
      }
      const edge = graph.successors(node)[at(nextEdge, node)];
      if (edge) {
        nextEdge[node] = at(nextEdge, node) + 1;
        if (index[edge.to] === -1) path.push(edge.to);
        else if (component[edge.to] === -1) low[node] = Math.min(at(low, node), at(index, edge.to));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(at(low, parent), at(low, node));
      if (low[node] !== index[node]) continue;
      let member: number | undefined;
      do {
        member = open.pop();
        if (member !== undefined) component[member] = count;
      } while (member !== node);
      count++;
    }
  }
  return component;
}

/** The shortest way between two nodes over nodes that `admits` accepts; undefined if there is none. */
export function shortestPath<Kind extends string>(
  graph: Graph<Kind>,
  start: number,
  end: number,
  admits: (node: number) => boolean,
): Edge<Kind>[] | undefined {
  const cameBy = new Map<number, Edge<Kind> | undefined>([[start, undefined]]);
  for (const from of cameBy.keys()) {
    if (from === end) break;
    for (const { to, kind } of graph.successors(from)) {
      if (!cameBy.has(to) && admits(to)) cameBy.set(to, { from, to, kind });
    }
  }
  if (!cameBy.has(end)) return undefined;
  const path: Edge<Kind>[] = [];
  for (let edge = cameBy.get(end); edge; edge = cameBy.get(edge.from)) path.push(edge);
  return path.reverse();
}

function at(numbers: Int32Array, index: number): number {
  return numbers[index] ?? 0;
}
