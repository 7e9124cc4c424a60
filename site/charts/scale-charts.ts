import type { Curve, ScalePoint } from "../../bench/scale/curve.js";
import measured from "../../docs/benchmarks/scale.json";
import { base, legend, numbers } from "./axes.js";
import type { Chart, Drawing } from "./chart.js";

const CURVES = measured.curves as unknown as readonly Curve[];

type Pick = (point: ScalePoint) => number | undefined;

/** By the names of the pictures in docs/benchmarks. */
export const SCALE_CHARTS: Readonly<Record<string, () => Chart>> = {
  "scale-throughput": () =>
    scaleChart(
      "Throughput",
      "Invocations a second, by the number of environments.",
      ({ perSecond }) => perSecond,
    ),
  "scale-p50": () =>
    scaleChart("Invocation, median", "Milliseconds, by the number of environments.", ({ p50Ms }) => p50Ms),
  "scale-p99": () =>
    scaleChart(
      "Invocation, 99th percentile",
      "Milliseconds, by the number of environments.",
      ({ p99Ms }) => p99Ms,
    ),
  "scale-errors": () =>
    scaleChart("Failed invocations", "Number, by the number of environments.", ({ errors }) =>
      Object.values(errors).reduce((sum, count) => sum + count, 0),
    ),
};

function scaleChart(title: string, note: string, pick: Pick): Chart {
  const backends = [...new Set(CURVES.map((curve) => curve.backends))];
  const environments = [
    ...new Set(CURVES.flatMap(({ points }) => points.map((point) => point.environments))),
  ];
  return {
    title,
    note,
    drawings: backends.map((count) =>
      drawing(
        `${count} database connections`,
        CURVES.filter((curve) => curve.backends === count),
        pick,
      ),
    ),
    table: {
      head: ["environments", ...CURVES.map(nameOf)],
      rows: environments.map((count) => [
        String(count),
        ...CURVES.map(({ points }) => {
          const point = points.find((each) => each.environments === count);
          const value = point && pick(point);
          return value === undefined ? "–" : String(Math.round(value * 10) / 10);
        }),
      ]),
    },
  };
}

function nameOf({ contender, backends }: Curve): string {
  return `${contender}, ${backends}`;
}

function drawing(choice: string, curves: readonly Curve[], pick: Pick): Drawing {
  return {
    choice,
    height: 340,
    option(look) {
      const { palette } = look;
      const colours = [palette.ours, palette.others, palette.series[2] ?? palette.bad];
      return {
        ...base(look),
        legend: legend(look),
        grid: { left: 56, right: 24, top: 40, bottom: 46 },
        xAxis: { type: "log", name: "environments", nameLocation: "middle", nameGap: 28, ...numbers(look) },
        yAxis: { type: "value", ...numbers(look) },
        series: curves.map(({ contender, points }, index) => ({
          type: "line" as const,
          name: contender,
          symbolSize: 7,
          itemStyle: { color: colours[index] ?? palette.bad },
          data: points.map((point) => [point.environments, pick(point) ?? null]),
        })),
      };
    },
  };
}
