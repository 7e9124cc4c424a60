import { contenderOf, GROUPS } from "./benchmark-data.js";
import type { Table } from "./chart.js";
import { STORMS, share } from "./storm-charts.js";

export interface KeyFigure {
  readonly value: string;
  readonly meaning: string;
}

/** The figures of the landing page, from the measurements in docs/benchmarks and docs/storm. */
export function keyFigures(): readonly KeyFigure[] {
  const pg = groupOf("pg");
  const bare = contenderOf(pg, "bare driver");
  const inMiddy = contenderOf(pg, "bare driver in Middy");
  const ours = contenderOf(pg, "rdsProxy()");
  const addedMs = medianOf(ours.warmAtDistance) - medianOf(bare.warmAtDistance);
  const storm = STORMS["postgres"];
  const [direct, snippet, withOurs] = storm?.contenders ?? [];
  if (!storm || !direct || !snippet || !withOurs)
    throw new Error("docs/storm/postgres.json has no three contenders");
  return [
    {
      value: share(withOurs.answered, withOurs.failed),
      meaning: `of the invocations are answered when ${storm.environments} environments start against ${storm.maxConnections} connections. Without a proxy ${share(direct.answered, direct.failed)}, with the common snippet ${share(snippet.answered, snippet.failed)}.`,
    },
    {
      value: `${addedMs.toFixed(2)} ms`,
      meaning: "more than a bare driver for a warm invocation, with the proxy a millisecond away.",
    },
    {
      value: `${Math.round((ours.bundle.eagerBytes - inMiddy.bundle.eagerBytes) / 1000)} kB`,
      meaning: "more code read in a cold start than for a bare pg in Middy.",
    },
    {
      value: String(ours.failuresPerThaw ?? "–"),
      meaning: `failed invocations after a thaw with a dead connection; a bare driver has ${bare.failuresPerThaw ?? "–"}.`,
    },
  ];
}

/** `rdsProxy()` beside its alternatives, on PostgreSQL with pg. */
export function comparison(): Table {
  const { contenders } = groupOf("pg");
  return {
    head: ["pg", "cold start, ×", "warm, ×", "kB in a cold start", "failures after a thaw"],
    rows: contenders.map(({ name, cold, warm, bundle, failuresPerThaw }) => [
      name,
      cold?.ratio?.median.toFixed(2) ?? "–",
      warm?.ratio?.median.toFixed(2) ?? "–",
      String(Math.round(bundle.eagerBytes / 1000)),
      failuresPerThaw === undefined ? "–" : String(Math.round(failuresPerThaw * 10) / 10),
    ]),
  };
}

function groupOf(name: string) {
  const group = GROUPS.find((each) => each.name === name);
  if (!group) throw new Error(`docs/benchmarks/contenders.json has no group "${name}"`);
  return group;
}

function medianOf(figure: { readonly ms: { readonly median: number } } | undefined): number {
  if (!figure) throw new Error("docs/benchmarks/contenders.json lacks a figure of the landing page");
  return figure.ms.median;
}
