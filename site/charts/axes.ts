import type { EChartsOption } from "echarts";
import type { Look } from "./chart.js";

const rowHeight = 38;
/** One that the browser can measure texts with. */
const fontFamily = "ui-sans-serif, system-ui, sans-serif";

/** The height of a chart with a row for each name, in px. */
export function heightOf(rows: number): number {
  return rows * rowHeight + 70;
}

/** What all charts share. */
export function base(look: Look): EChartsOption {
  const { palette } = look;
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { color: palette.text, fontFamily },
    tooltip: tooltip(look),
  };
}

export function tooltip({ palette }: Look) {
  return {
    trigger: "axis" as const,
    axisPointer: { type: "shadow" as const, shadowStyle: { color: palette.muted, opacity: 0.12 } },
    backgroundColor: palette.surface,
    borderColor: palette.line,
    textStyle: { color: palette.text, fontSize: 13 },
    confine: true,
  };
}

export function legend({ palette }: Look): NonNullable<EChartsOption["legend"]> {
  return { top: 0, left: 0, itemGap: 10, itemWidth: 14, textStyle: { color: palette.text } };
}

/** Beside the names of the rows, which are longer than a phone has room for. */
export function rowGrid({ isNarrow }: Look, top = 10): NonNullable<EChartsOption["grid"]> {
  return { left: isNarrow ? 124 : 220, right: isNarrow ? 34 : 56, top, bottom: 34 };
}

export function rowAxis(names: readonly string[], { palette, isNarrow }: Look) {
  return {
    type: "category" as const,
    inverse: true,
    data: [...names],
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: {
      color: palette.text,
      width: isNarrow ? 108 : 205,
      overflow: "break" as const,
      lineHeight: 14,
      fontSize: isNarrow ? 11 : 13,
      interval: 0,
    },
  };
}

export function numbers({ palette, isNarrow }: Look, unit = "") {
  return {
    splitLine: { lineStyle: { color: palette.line } },
    splitNumber: isNarrow ? 3 : 5,
    axisLabel: { color: palette.muted, formatter: `{value}${unit}`, hideOverlap: true },
    nameTextStyle: { color: palette.muted },
  };
}
