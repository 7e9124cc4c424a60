import { shareAnswered } from "@rds-proxy/lambda-kit/fleet";
import { type EChartsOption, init } from "echarts";
import type { Sample } from "./play-contender.js";
import { milliseconds, percent } from "./render-results.js";
import type { StormConditions, StormResult } from "./result.js";

const size = { width: 900, height: 620 };
const colours = { answered: "#1a7f37", failed: "#cf222e", p50: "#54aeff", p99: "#0969da" };
/** The contenders' curves, in order. */
const curveColours = ["#8c959f", "#bf8700", "#0969da"];

/** Success, latency, and connections over time, as one self-contained SVG. */
export function renderChart(results: readonly StormResult[], conditions: StormConditions): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption(chartOption(results, conditions));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function chartOption(
  results: readonly StormResult[],
  { server, environments, maxConnections }: StormConditions,
): EChartsOption {
  const names = results.map(({ contender }) => contender.name);
  const waitsMs = results.flatMap(({ tally }) => [tally.p50Ms, tally.p99Ms]).filter(Number.isFinite);
  // More than the longest wait, rounded up.
  const neverMs = Math.ceil((1.2 * Math.max(100, ...waitsMs)) / 100) * 100;
  return {
    animation: false,
    backgroundColor: "#fff",
    title: [
      {
        text: `${environments} execution environments wake at once, twice`,
        subtext: `${server}, max_connections ${maxConnections}; the environments are frozen for 40 minutes in between`,
        left: "center",
      },
      { text: "Invocations", left: 20, top: 66, textStyle: { fontSize: 14 } },
      {
        text: "Time until the answer, ms; failures have none",
        left: 500,
        top: 66,
        textStyle: { fontSize: 14 },
      },
      { text: "Connections on the server over time", left: 20, top: 280, textStyle: { fontSize: 14 } },
    ],
    grid: [
      { left: 170, width: 270, top: 110, height: 130 },
      { left: 540, width: 300, top: 110, height: 130 },
      { left: 60, right: 40, top: 340, height: 220 },
    ],
    legend: [
      { data: ["answered", "failed"], left: 170, top: 88, itemGap: 24 },
      { data: ["p50", "p99"], left: 540, top: 88, itemGap: 24 },
      { data: names, left: 60, top: 306, itemGap: 40 },
    ],
    xAxis: [
      { gridIndex: 0, type: "value", splitNumber: 3 },
      { gridIndex: 1, type: "value", splitNumber: 4, max: neverMs },
      { gridIndex: 2, type: "value", name: "seconds", nameLocation: "middle", nameGap: 28 },
    ],
    yAxis: [
      { gridIndex: 0, type: "category", inverse: true, data: names },
      { gridIndex: 1, type: "category", inverse: true, data: names, axisLabel: { show: false } },
      { gridIndex: 2, type: "value", max: Math.ceil((maxConnections * 1.1) / 10) * 10 },
    ],
    series: [
      {
        ...bar(0, "answered", colours.answered),
        stack: "invocations",
        data: results.map(({ tally }) => tally.answered),
      },
      {
        ...bar(0, "failed", colours.failed),
        stack: "invocations",
        data: results.map(({ tally }) => tally.failed),
        label: {
          show: true,
          position: "right",
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const result = results[dataIndex];
            return result ? percent(shareAnswered(result.tally)) : "";
          },
        },
      },
      {
        ...bar(1, "p50", colours.p50),
        data: results.map(({ tally }) => wait(tally.p50Ms, neverMs)),
      },
      {
        ...bar(1, "p99", colours.p99),
        data: results.map(({ tally }) => wait(tally.p99Ms, neverMs)),
      },
      ...results.map(({ contender, samples }, index) => ({
        type: "line" as const,
        name: contender.name,
        xAxisIndex: 2,
        yAxisIndex: 2,
        symbol: "none",
        itemStyle: { color: curveColours[index] ?? "#000" },
        data: samples.map(({ atMs, connections }: Sample) => [atMs / 1000, connections]),
        ...(index === 0 && {
          markLine: {
            symbol: "none",
            data: [{ yAxis: maxConnections }],
            label: { formatter: "max_connections", position: "insideEndTop" as const },
            lineStyle: { color: colours.failed },
          },
        }),
      })),
    ],
  };
}

function bar(index: number, name: string, color: string) {
  return { type: "bar" as const, name, xAxisIndex: index, yAxisIndex: index, itemStyle: { color } };
}

/** A bar's length: without an answer all of the width, in the colour of failures. */
function wait(ms: number, neverMs: number) {
  const isAnswered = Number.isFinite(ms);
  return {
    value: isAnswered ? Math.round(ms) : neverMs,
    label: {
      show: true,
      position: isAnswered ? ("right" as const) : ("insideRight" as const),
      formatter: milliseconds(ms),
    },
    ...(!isAnswered && { itemStyle: { color: colours.failed } }),
  };
}
