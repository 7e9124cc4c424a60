import { type EChartsOption, init } from "echarts";
import type { Plot } from "../results/plots.js";
import type { Curve, ScalePoint } from "./curve.js";

const size = { width: 900, height: 420 };

/** Throughput, both latencies and failures over the number of environments. */
export function renderScalePlots(curves: readonly Curve[]): readonly Plot[] {
  return [
    curvePlot("scale-throughput", "Invocations a second", curves, ({ perSecond }) => perSecond),
    curvePlot("scale-p50", "Invocation, p50, ms", curves, ({ p50Ms }) => p50Ms),
    curvePlot("scale-p99", "Invocation, p99, ms", curves, ({ p99Ms }) => p99Ms),
    curvePlot("scale-errors", "Failed invocations", curves, ({ errors }) =>
      Object.values(errors).reduce((sum, count) => sum + count, 0),
    ),
  ];
}

function curvePlot(
  fileName: string,
  title: string,
  curves: readonly Curve[],
  pick: (point: ScalePoint) => number | undefined,
): Plot {
  const option: EChartsOption = {
    animation: false,
    backgroundColor: "#fff",
    title: { text: title, left: "center" },
    legend: { top: 30 },
    grid: { left: 80, right: 40, top: 80, bottom: 60 },
    xAxis: { type: "log", name: "environments", nameLocation: "middle", nameGap: 30 },
    yAxis: { type: "value" },
    series: curves.map(({ contender, backends, points }) => ({
      type: "line" as const,
      name: `${contender}, ${backends} backends`,
      symbolSize: 6,
      lineStyle: { type: backends === curves[0]?.backends ? ("solid" as const) : ("dashed" as const) },
      data: points.map((point) => [point.environments, pick(point) ?? null]),
    })),
  };
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return { fileName: `${fileName}.svg`, svg };
}
