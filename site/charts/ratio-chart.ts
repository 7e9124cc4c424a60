import type { ContenderResult } from "../../bench/results/summarise.js";
import { base, heightOf, numbers, rowAxis, rowGrid, tooltip } from "./axes.js";
import { GROUPS } from "./benchmark-data.js";
import type { Chart, Drawing, Look } from "./chart.js";

type Pick = (from: ContenderResult) => ContenderResult["cold"];

/** Medians as points, with quartiles as bars, on a logarithmic axis: half and double are equally far from the limit. */
export function ratioChart(title: string, pick: Pick): Chart {
  return {
    title,
    note: "Multiples of the limit of each group: median and quartiles of pairwise ratios. Left is better.",
    drawings: GROUPS.map(({ name, contenders }) => drawing(name, contenders, pick)),
    table: {
      head: ["group", "contender", "median, ms", "×", "quartiles, ×"],
      rows: GROUPS.flatMap(({ name, contenders }) =>
        contenders.map((contender) => {
          const figure = pick(contender);
          const ratio = figure?.ratio;
          return [
            name,
            contender.name,
            figure ? figure.ms.median.toPrecision(3) : "–",
            ratio ? ratio.median.toFixed(2) : "–",
            ratio ? `${ratio.lower.toFixed(2)}–${ratio.upper.toFixed(2)}` : "–",
          ];
        }),
      ),
    },
  };
}

function drawing(choice: string, contenders: readonly ContenderResult[], pick: Pick): Drawing {
  const points = contenders.flatMap((contender, index) => {
    const ratio = pick(contender)?.ratio;
    return ratio ? [{ index, contender, ratio }] : [];
  });
  return {
    choice,
    height: heightOf(contenders.length),
    option(look) {
      const { palette } = look;
      return {
        ...base(look),
        tooltip: {
          ...tooltip(look),
          trigger: "item",
          formatter: (item) => (Array.isArray(item) ? "" : describe(points[item.dataIndex], pick)),
        },
        grid: rowGrid(look),
        xAxis: { type: "log", logBase: 2, min: 0.5, ...numbers(look, "×") },
        yAxis: rowAxis(
          contenders.map(({ name }) => name),
          look,
        ),
        series: [
          ...points.map(({ index, contender, ratio }) => ({
            type: "line" as const,
            symbol: "none",
            silent: true,
            lineStyle: { color: colourOf(contender, look), width: 4, opacity: 0.45 },
            data: [
              [ratio.lower, index],
              [ratio.upper, index],
            ],
          })),
          {
            type: "scatter" as const,
            symbolSize: 12,
            z: 3,
            data: points.map(({ index, contender, ratio }) => ({
              value: [ratio.median, index],
              itemStyle: { color: colourOf(contender, look) },
              label: { formatter: ratio.median.toFixed(2) },
            })),
            label: { show: true, position: "top" as const, distance: 3, fontSize: 11, color: palette.text },
            markLine: {
              symbol: "none",
              silent: true,
              data: [{ xAxis: 1 }],
              label: { show: false },
              lineStyle: { color: palette.good },
            },
          },
        ],
      };
    },
  };
}

function describe(point: { contender: ContenderResult } | undefined, pick: Pick): string {
  const figure = point && pick(point.contender);
  if (!point || !figure?.ratio) return "";
  const { ms, ratio } = figure;
  return `${point.contender.name}<br>${ratio.median.toFixed(2)}× (${ratio.lower.toFixed(2)}–${ratio.upper.toFixed(2)}×)<br>${ms.median.toPrecision(3)} ms`;
}

function colourOf({ isOurs }: ContenderResult, { palette }: Look): string {
  return isOurs ? palette.ours : palette.others;
}
