import { type EChartsOption, init } from "echarts";
import type { ContenderResult, Figure, GroupResult } from "./summarise.js";

/** One picture: its file name and its SVG. */
export interface Plot {
  readonly fileName: string;
  readonly svg: string;
}

const size = { width: 900, rowHeight: 34, margin: 110 };
const colours = { ours: "#0969da", others: "#8c959f", limit: "#1a7f37" };

/** The figures that are ratios to the limit, with the titles of their plots. */
const figures: readonly (readonly [
  name: string,
  title: string,
  pick: (from: ContenderResult) => Figure | undefined,
])[] = [
  ["cold", "Cold start: process start to first answer", ({ cold }) => cold],
  ["warm", "Warm invocation, median", ({ warm }) => warm],
  ["warm-p99", "Warm invocation, p99", ({ warmP99 }) => warmP99],
  [
    "warm-at-distance",
    "Warm invocation, median, the proxy a millisecond away",
    ({ warmAtDistance }) => warmAtDistance,
  ],
];

const parts = ["boot", "load", "connect", "sign", "query"] as const;

/** A plot for each figure, of all groups together. */
export function renderPlots(results: readonly GroupResult[]): readonly Plot[] {
  const rows = results.flatMap((group) => group.contenders.map((contender) => ({ group, contender })));
  return [
    ...figures.map(([name, title, pick]) => ratioPlot(name, title, rows, pick)),
    stackedPlot("cold-parts", "What a cold start consists of, ms", rows, parts, ({ coldParts }) =>
      parts.map((part) => coldParts?.[part]),
    ),
    stackedPlot(
      "thaw",
      "Thaw with a dead connection: to the first good answer, ms",
      rows,
      ["ms"],
      ({ thaw }) => [thaw?.ms.median],
    ),
    stackedPlot(
      "bundle",
      "Bundle, kB",
      rows,
      ["loaded in each cold start", "loaded when needed"],
      ({ bundle }) => [bundle.eagerBytes / 1000, (bundle.totalBytes - bundle.eagerBytes) / 1000],
    ),
    stackedPlot(
      "memory",
      "Resident memory after 10,000 invocations, MB",
      rows,
      ["MB"],
      ({ residentBytes }) => [residentBytes === undefined ? undefined : residentBytes / 1e6],
    ),
  ];
}

interface Row {
  readonly group: GroupResult;
  readonly contender: ContenderResult;
}

/** Medians as points and quartiles as bars, on a logarithmic axis: half and double are equally far from the limit. */
function ratioPlot(
  fileName: string,
  title: string,
  rows: readonly Row[],
  pick: (from: ContenderResult) => Figure | undefined,
): Plot {
  const points = rows.flatMap(({ contender }, index) => {
    const ratio = pick(contender)?.ratio;
    return ratio ? [{ index, contender, ratio }] : [];
  });
  return draw(fileName, rows.length, {
    title: {
      text: title,
      subtext: "multiples of the limit of each group: median and quartiles of pairwise ratios",
    },
    xAxis: { type: "log", logBase: 2, min: 0.5, name: "×", axisLabel: { formatter: "{value}×" } },
    yAxis: categories(rows),
    series: [
      {
        type: "scatter",
        symbolSize: 10,
        data: points.map(({ index, contender, ratio }) => ({
          value: [ratio.median, index],
          itemStyle: { color: colourOf(contender, ratio.median) },
        })),
        label: { show: true, position: "top", distance: 2, fontSize: 10, formatter: medianLabel(points) },
        markLine: {
          symbol: "none",
          data: [{ xAxis: 1 }],
          label: { show: false },
          lineStyle: { color: colours.limit },
        },
      },
      ...points.map(({ index, contender, ratio }) => ({
        type: "line" as const,
        symbol: "none",
        lineStyle: { color: colourOf(contender, ratio.median), width: 2 },
        data: [
          [ratio.lower, index],
          [ratio.upper, index],
        ],
      })),
    ],
  });
}

function medianLabel(points: readonly { ratio: { median: number } }[]) {
  return ({ dataIndex }: { dataIndex: number }): string => points[dataIndex]?.ratio.median.toFixed(2) ?? "";
}

function stackedPlot(
  fileName: string,
  title: string,
  rows: readonly Row[],
  names: readonly string[],
  pick: (from: ContenderResult) => readonly (number | undefined)[],
): Plot {
  return draw(fileName, rows.length, {
    title: { text: title },
    ...(names.length > 1 && { legend: { top: 42 } }),
    xAxis: { type: "value" },
    yAxis: categories(rows),
    series: names.map((name, part) => ({
      name,
      type: "bar" as const,
      stack: "all",
      data: rows.map(({ contender }) => pick(contender)[part] ?? null),
    })),
  });
}

function categories(rows: readonly Row[]): NonNullable<EChartsOption["yAxis"]> {
  return {
    type: "category",
    inverse: true,
    data: rows.map(({ group, contender }) => `${group.name}: ${contender.name}`),
    axisLabel: { width: 260, overflow: "truncate" },
  };
}

function colourOf({ isOurs }: ContenderResult, ratio: number): string {
  if (ratio === 1) return colours.limit;
  return isOurs ? colours.ours : colours.others;
}

function draw(fileName: string, rowCount: number, option: EChartsOption): Plot {
  const chart = init(null, null, {
    renderer: "svg",
    ssr: true,
    width: size.width,
    height: size.margin + rowCount * size.rowHeight,
  });
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    grid: { left: 280, right: 40, top: 70, bottom: 40 },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return { fileName: `${fileName}.svg`, svg };
}
