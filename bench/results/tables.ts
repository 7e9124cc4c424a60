import type { ContenderResult, Figure, GroupResult } from "./summarise.js";

const headers = [
  "",
  "cold",
  "× (quartiles)",
  "boot+load+connect+sign+query",
  "warm",
  "× (quartiles)",
  "p99",
  "×",
  "1 ms away",
  "×",
  "thaw",
  "failed",
  "eager kB",
  "all kB",
  "RSS MB",
  "heap +kB",
];

/** A group's results as a Markdown table. */
export function renderTables({ name, limit, contenders }: GroupResult): string {
  const rows = contenders.map(cells);
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const errors = contenders.flatMap((each) => each.errors.map((error) => `- ${each.name}: ${error}`));
  return [
    `\n### ${name}: times in ms, and as multiples of the ${limit}\n`,
    line(headers),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map(line),
    ...(errors.length > 0 ? ["\nWhat failed:\n", ...errors] : []),
  ].join("\n");
}

function cells(result: ContenderResult): readonly string[] {
  const { cold, coldParts: parts, warm, warmP99, warmAtDistance, thaw, bundle } = result;
  return [
    result.name,
    milliseconds(cold),
    ratio(cold),
    parts
      ? [parts.boot, parts.load, parts.connect, parts.sign, parts.query].map((ms) => ms.toFixed(1)).join("+")
      : "–",
    milliseconds(warm, 3),
    ratio(warm),
    milliseconds(warmP99, 3),
    ratio(warmP99),
    milliseconds(warmAtDistance, 3),
    ratio(warmAtDistance),
    milliseconds(thaw),
    result.failuresPerThaw?.toFixed(2) ?? "–",
    kilobytes(bundle.eagerBytes),
    kilobytes(bundle.totalBytes),
    result.residentBytes === undefined ? "–" : (result.residentBytes / 1e6).toFixed(0),
    result.heapGrowthBytes === undefined ? "–" : kilobytes(result.heapGrowthBytes),
  ];
}

function milliseconds(figure: Figure | undefined, digits = 1): string {
  return figure?.ms.median.toFixed(digits) ?? "–";
}

function ratio(figure: Figure | undefined): string {
  if (!figure?.ratio) return "–";
  const { lower, median, upper } = figure.ratio;
  return `${median.toFixed(2)} (${lower.toFixed(2)}–${upper.toFixed(2)})`;
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
