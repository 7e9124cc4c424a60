import type { Anomaly, AnomalyKind } from "./anomaly.js";
import type { Dependency } from "./dependencies.js";
import { components, type Edge, Graph, shortestPath } from "./graph.js";
import type { Transaction } from "./history.js";

/**
 * The cycles of a graph of dependencies: one for each strongly connected component of each kind, in time that is linear in the
 * size of the graph.
 */
export function findCycles(history: readonly Transaction[], graph: Graph<Dependency>): Anomaly[] {
  const writes = graph.only("ww");
  const reads = graph.only("ww", "wr");
  const cycles = [
    ...cyclesWith(writes, "ww"),
    ...cyclesWith(reads, "wr"),
    ...cyclesOfSnapshots(graph, reads),
    ...cyclesWith(graph, "rw"),
  ];
  const described = cycles.map((cycle) => ({ kind: kindOf(cycle), description: describe(history, cycle) }));
  const seen = new Set<string>();
  return described.filter(({ kind, description }) => {
    const isNew = !seen.has(`${kind} ${description}`);
    seen.add(`${kind} ${description}`);
    return isNew;
  });
}

type Cycle = readonly Edge<Dependency>[];

/** A cycle through an edge of this kind, for each component that has one. */
function cyclesWith<Kind extends Dependency>(graph: Graph<Kind>, kind: Kind): Cycle[] {
  const component = components(graph);
  const found = new Map<number, Cycle>();
  for (const edge of graph.edges()) {
    const inside = component[edge.from] ?? -1;
    if (edge.kind !== kind || component[edge.to] !== inside || found.has(inside)) continue;
    const back = shortestPath(graph, edge.to, edge.from, (node) => component[node] === inside);
    if (back) found.set(inside, [edge, ...back]);
  }
  return [...found.values()];
}

/** How many edges are followed to find a G-single, as a multiple of those that the graph has. */
const EFFORT = 8;

/**
 * The cycles that snapshot isolation forbids, in which no two anti-dependencies follow each other. Each transaction is two nodes,
 * `2n` and `2n + 1` after an anti-dependency, and from the latter no other one leads away.
 */
function cyclesOfSnapshots(graph: Graph<Dependency>, reads: Graph<"ww" | "wr">): Cycle[] {
  const split = new Graph<Dependency>(2 * graph.size);
  let edges = 0;
  for (const { from, to, kind } of graph.edges()) {
    edges++;
    if (kind === "rw") split.add(2 * from, 2 * to + 1, kind);
    else for (const state of [0, 1]) split.add(2 * from + state, 2 * to, kind);
  }
  const component = components(split);
  const order = components(reads);
  const found = new Map<number, Cycle>();
  const singles = new Set<number>();
  let effort = EFFORT * edges;
  for (const { from, to, kind } of graph.edges()) {
    const inside = component[2 * from] ?? -1;
    if (kind !== "rw" || component[2 * to + 1] !== inside || singles.has(inside)) continue;
    const edge = { from, to, kind } as const;
    // What a node leads to has a smaller number.
    const target = order[from] ?? 0;
    const way =
      effort <= 0 || (order[to] ?? 0) < target
        ? undefined
        : shortestPath(reads, to, from, (node) => {
            effort--;
            return (order[node] ?? 0) >= target;
          });
    if (way) {
      singles.add(inside);
      found.set(inside, [edge, ...way]);
    } else if (!found.has(inside)) {
      const back = shortestPath(split, 2 * to + 1, 2 * from, (node) => component[node] === inside);
      if (back) found.set(inside, [edge, ...back.map(joined)]);
    }
  }
  return [...found.values()];
}

function joined({ from, to, kind }: Edge<Dependency>): Edge<Dependency> {
  return { from: from >> 1, to: to >> 1, kind };
}

function kindOf(cycle: Cycle): AnomalyKind {
  const reads = cycle.filter(({ kind }) => kind === "rw").length;
  if (reads === 0) return cycle.some(({ kind }) => kind === "wr") ? "G1c" : "G0";
  if (reads === 1) return "G-single";
  const areAdjacent = cycle.some(
    ({ kind }, index) => kind === "rw" && cycle[(index + 1) % cycle.length]?.kind === "rw",
  );
  return areAdjacent ? "G2" : "G-nonadjacent";
}

const SHOWN_EDGES = 10;

/** It begins with its first transaction, so that the same cycle has the same text. */
function describe(history: readonly Transaction[], cycle: Cycle): string {
  const first = cycle.reduce(
    (least, edge, index) => (edge.from < (cycle[least]?.from ?? 0) ? index : least),
    0,
  );
  const edges = [...cycle.slice(first), ...cycle.slice(0, first)];
  const idOf = (node: number | undefined): string => String(history[node ?? -1]?.id);
  const shown = edges.slice(0, SHOWN_EDGES).map(({ from, kind }) => `${idOf(from)} -${kind}->`);
  const rest = edges.length > SHOWN_EDGES ? `… ${edges.length - SHOWN_EDGES} more ` : "";
  return `transactions ${shown.join(" ")} ${rest}${idOf(edges[0]?.from)}`;
}
