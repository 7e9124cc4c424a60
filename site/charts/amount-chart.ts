import type { ContenderResult } from "../../bench/results/summarise.js";
import { base, heightOf, legend, numbers, rowAxis, rowGrid } from "./axes.js";
import { GROUPS } from "./benchmark-data.js";
import type { Chart, Drawing } from "./chart.js";

/** The parts of an amount, each with its name. */
export interface Parts {
  readonly names: readonly string[];
  values(from: ContenderResult): readonly (number | undefined)[];
}

/** Amounts as bars, which consist of parts. */
export function amountChart(title: string, note: string, parts: Parts): Chart {
  return {
    title,
    note,
    drawings: GROUPS.map(({ name, contenders }) => drawing(name, contenders, parts)),
    table: {
      head: ["group", "contender", ...parts.names],
      rows: GROUPS.flatMap(({ name, contenders }) =>
        contenders.map((contender) => [
          name,
          contender.name,
          ...parts.values(contender).map((value) => (value === undefined ? "–" : rounded(value))),
        ]),
      ),
    },
  };
}

function drawing(choice: string, contenders: readonly ContenderResult[], { names, values }: Parts): Drawing {
  const isWhole = names.length === 1;
  return {
    choice,
    height: heightOf(contenders.length) + (isWhole ? 0 : 30),
    option(look) {
      const { palette } = look;
      return {
        ...base(look),
        ...(!isWhole && { legend: legend(look) }),
        grid: rowGrid(look, isWhole ? 10 : 40),
        xAxis: { type: "value", ...numbers(look) },
        yAxis: rowAxis(
          contenders.map(({ name }) => name),
          look,
        ),
        series: names.map((name, part) => ({
          type: "bar" as const,
          name,
          stack: "all",
          barMaxWidth: 20,
          itemStyle: { color: palette.series[part + 1] ?? palette.ours },
          ...(isWhole && {
            label: {
              show: true,
              position: "right" as const,
              color: palette.text,
              formatter: ({ dataIndex }: { dataIndex: number }) => {
                const contender = contenders[dataIndex];
                const value = contender && values(contender)[0];
                return value === undefined ? "" : rounded(value);
              },
            },
          }),
          data: contenders.map((contender) => {
            const value = values(contender)[part];
            if (value === undefined) return null;
            const itemStyle = isWhole ? { color: contender.isOurs ? palette.ours : palette.others } : {};
            return { value: Number(rounded(value)), itemStyle };
          }),
        })),
      };
    },
  };
}

function rounded(value: number): string {
  return String(Math.abs(value) < 10 ? Math.round(value * 100) / 100 : Math.round(value));
}
