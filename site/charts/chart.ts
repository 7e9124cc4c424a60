import type { EChartsOption } from "echarts";

/** What a chart is drawn with, which depends on the reader's theme and screen. */
export interface Look {
  readonly palette: Palette;
  /** Too narrow for long names beside the plot. */
  readonly isNarrow: boolean;
}

export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly ours: string;
  readonly others: string;
  readonly good: string;
  readonly bad: string;
  /** For parts of a whole, and for curves. */
  readonly series: readonly string[];
}

/** A drawing of one choice of a chart, such as one driver. */
export interface Drawing {
  /** The reader's word for it; the only drawing of a chart has none. */
  readonly choice: string;
  /** In px. */
  readonly height: number;
  option(look: Look): EChartsOption;
}

/** Measurements as a chart, and as a table for readers without one. */
export interface Chart {
  readonly title: string;
  /** What the numbers mean, with their unit. */
  readonly note: string;
  readonly drawings: readonly Drawing[];
  readonly table: Table;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
