import type { StormFigures } from "../../demo/storm/figures.js";
import mysql from "../../docs/storm/mysql.json";
import postgres from "../../docs/storm/postgres.json";
import { base, heightOf, legend, numbers, rowAxis, rowGrid, tooltip } from "./axes.js";
import type { Chart, Drawing } from "./chart.js";

/** By engine, as the pictures in docs/storm. */
export const STORMS: Readonly<Record<string, StormFigures>> = {
  postgres: postgres as unknown as StormFigures,
  mysql: mysql as unknown as StormFigures,
};

/** Answers, times and connections of one storm. */
export function stormCharts(storm: StormFigures): readonly Chart[] {
  const { server, environments, maxConnections } = storm;
  return [
    {
      title: "Invocations",
      note: `${environments} environments on ${server} with max_connections ${maxConnections}. The numbers differ, because each environment is invoked again a second after its last answer.`,
      drawings: [answers(storm)],
      table: {
        head: ["", "answered", "failed", "share"],
        rows: storm.contenders.map(({ name, answered, failed }) => [
          name,
          String(answered),
          String(failed),
          share(answered, failed),
        ]),
      },
    },
    {
      title: "Time until the answer",
      note: "Milliseconds, over all invocations: a failed one has no answer, so its percentile is never.",
      drawings: [times(storm)],
      table: {
        head: ["", "p50", "p99"],
        rows: storm.contenders.map(({ name, p50Ms, p99Ms }) => [name, timeOf(p50Ms), timeOf(p99Ms)]),
      },
    },
    {
      title: "Connections on the server",
      note: "Over the time in seconds. The environments are frozen for 40 minutes of their clock in between.",
      drawings: [connections(storm)],
      table: {
        head: ["", "most connections", "mean"],
        rows: storm.contenders.map(({ name, connections: samples }) => {
          const counts = samples.map(([, count]) => count);
          const sum = counts.reduce((total, count) => total + count, 0);
          return [name, String(Math.max(...counts)), (sum / counts.length).toFixed(1)];
        }),
      },
    },
  ];
}

/** "18 %": not 100 % if one failed. */
export function share(answered: number, failed: number): string {
  const percent = (100 * answered) / (answered + failed);
  return `${failed > 0 ? Math.min(99.9, Math.round(percent * 10) / 10) : Math.round(percent)} %`;
}

function timeOf(ms: number | undefined): string {
  return ms === undefined ? "never" : `${ms} ms`;
}

function answers({ contenders }: StormFigures): Drawing {
  return {
    choice: "",
    height: heightOf(contenders.length) + 30,
    option: (look) => ({
      ...base(look),
      legend: legend(look),
      grid: rowGrid(look, 40),
      xAxis: { type: "value", ...numbers(look) },
      yAxis: rowAxis(
        contenders.map(({ name }) => name),
        look,
      ),
      series: (["answered", "failed"] as const).map((part) => ({
        type: "bar" as const,
        name: part,
        stack: "all",
        barMaxWidth: 20,
        itemStyle: { color: part === "answered" ? look.palette.good : look.palette.bad },
        data: contenders.map((contender) => contender[part]),
        ...(part === "failed" && {
          label: {
            show: true,
            position: "right" as const,
            color: look.palette.text,
            formatter: ({ dataIndex }: { dataIndex: number }) => {
              const contender = contenders[dataIndex];
              return contender ? share(contender.answered, contender.failed) : "";
            },
          },
        }),
      })),
    }),
  };
}

function times({ contenders }: StormFigures): Drawing {
  const longest = Math.max(100, ...contenders.flatMap(({ p50Ms, p99Ms }) => [p50Ms ?? 0, p99Ms ?? 0]));
  return {
    choice: "",
    height: heightOf(contenders.length) + 50,
    option: (look) => ({
      ...base(look),
      tooltip: { show: false },
      legend: legend(look),
      grid: rowGrid(look, 40),
      xAxis: { type: "value", ...numbers(look) },
      yAxis: rowAxis(
        contenders.map(({ name }) => name),
        look,
      ),
      series: (["p50Ms", "p99Ms"] as const).map((percentile, index) => ({
        type: "bar" as const,
        name: percentile === "p50Ms" ? "p50" : "p99",
        barMaxWidth: 14,
        itemStyle: { color: look.palette.series[index + 1] ?? look.palette.ours },
        data: contenders.map((contender) => {
          const ms = contender[percentile];
          return {
            value: ms ?? longest,
            label: {
              show: true,
              formatter: timeOf(ms),
              position: ms === undefined ? ("insideRight" as const) : ("right" as const),
              color: ms === undefined ? look.palette.surface : look.palette.text,
            },
            ...(ms === undefined && { itemStyle: { color: look.palette.bad } }),
          };
        }),
      })),
    }),
  };
}

function connections({ contenders, maxConnections }: StormFigures): Drawing {
  return {
    choice: "",
    height: 320,
    option(look) {
      const { palette } = look;
      const colours = [palette.others, palette.series[2] ?? palette.bad, palette.ours];
      return {
        ...base(look),
        tooltip: {
          ...tooltip(look),
          axisPointer: { type: "line", lineStyle: { color: palette.muted } },
        },
        legend: legend(look),
        grid: { left: 40, right: 20, top: look.isNarrow ? 64 : 40, bottom: 46 },
        xAxis: { type: "value", name: "seconds", nameLocation: "middle", nameGap: 28, ...numbers(look) },
        yAxis: { type: "value", max: Math.ceil((maxConnections * 1.1) / 10) * 10, ...numbers(look) },
        series: contenders.map(({ name, connections: samples }, index) => ({
          type: "line" as const,
          name,
          symbol: "none",
          itemStyle: { color: colours[index] ?? palette.text },
          data: samples.map(([seconds, count]) => [seconds, count]),
          ...(index === 0 && {
            markLine: {
              symbol: "none",
              silent: true,
              data: [{ yAxis: maxConnections }],
              label: { formatter: "max_connections", position: "insideEndTop" as const, color: palette.text },
              lineStyle: { color: palette.bad },
            },
          }),
        })),
      };
    },
  };
}
