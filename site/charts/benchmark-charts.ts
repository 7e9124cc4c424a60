import { amountChart } from "./amount-chart.js";
import type { Chart } from "./chart.js";
import { ratioChart } from "./ratio-chart.js";

const phases = ["boot", "load", "connect", "sign", "query"] as const;

/** By the names of the pictures in docs/benchmarks. */
export const BENCHMARK_CHARTS: Readonly<Record<string, () => Chart>> = {
  cold: () => ratioChart("Cold start: from the start of the process to the first answer", ({ cold }) => cold),
  "cold-parts": () =>
    amountChart("What a cold start consists of", "Milliseconds, medians.", {
      names: phases,
      values: ({ coldParts }) => phases.map((phase) => coldParts?.[phase]),
    }),
  warm: () => ratioChart("Warm invocation, median", ({ warm }) => warm),
  "warm-p99": () => ratioChart("Warm invocation, 99th percentile", ({ warmP99 }) => warmP99),
  "warm-at-distance": () =>
    ratioChart(
      "Warm invocation, median, with the proxy a millisecond away",
      ({ warmAtDistance }) => warmAtDistance,
    ),
  thaw: () =>
    amountChart(
      "After a thaw, with a connection that died: until the first good answer",
      "Milliseconds, medians. No bar: all five invocations failed.",
      { names: ["ms"], values: ({ thaw }) => [thaw?.ms.median] },
    ),
  bundle: () =>
    amountChart("Bundle", "Kilobytes, minified.", {
      names: ["read in each cold start", "read when needed"],
      values: ({ bundle }) => [bundle.eagerBytes / 1000, (bundle.totalBytes - bundle.eagerBytes) / 1000],
    }),
  memory: () =>
    amountChart("Resident memory after 10,000 invocations", "Megabytes.", {
      names: ["MB"],
      values: ({ residentBytes }) => [residentBytes === undefined ? undefined : residentBytes / 1e6],
    }),
};
