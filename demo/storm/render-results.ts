import { stripVTControlCharacters, styleText } from "node:util";
import { shareAnswered } from "@rds-proxy/lambda-kit/fleet";
import { wrap } from "../output/table.js";
import type { StormConditions, StormResult } from "./result.js";

const levels = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const widestBar = 40;
const indent = "  ";
const labelWidth = 13;
const shownErrors = 4;

/** Success, latency, connections over time and errors of each contender, for a terminal. */
export function renderResults(
  results: readonly StormResult[],
  { maxConnections }: StormConditions,
  columns: number,
): string {
  return results.map((result) => renderResult(result, maxConnections, columns)).join("\n\n");
}

function renderResult({ contender, tally, samples }: StormResult, limit: number, columns: number): string {
  const { answered, failed, p50Ms, p99Ms, errors } = tally;
  const room = columns - indent.length - labelWidth;
  const barWidth = Math.min(widestBar, room);
  const good = Math.round(barWidth * shareAnswered(tally));
  const bar = `${styleText("green", "█".repeat(good))}${styleText("red", "▒".repeat(barWidth - good))}`;
  const most = Math.max(0, ...samples.map(({ connections }) => connections));
  const sparkline = renderSparkline(
    samples.map(({ connections }) => connections),
    limit,
    barWidth,
  );
  const lines = [
    ...wrap(contender.name, columns).map((line) => styleText("bold", line)),
    ...rows("answered", bar, `${percent(shareAnswered(tally))}: ${answered} of ${answered + failed}`, room),
    ...rows(
      "answer in",
      "",
      `p50 ${milliseconds(p50Ms)}, p99 ${milliseconds(p99Ms)}, failures included`,
      room,
    ),
    ...rows("connections", sparkline, `over time; at most ${most} of the server's ${limit}`, room),
  ];
  const shown = errors.slice(0, shownErrors).map(([message, count]) => `${count} × ${message}`);
  const others = errors.slice(shownErrors).reduce((sum, [, count]) => sum + count, 0);
  if (others > 0) shown.push(`${others} × other errors`);
  const errorLines = shown.flatMap((text) => wrap(text, room));
  return [
    ...lines,
    ...errorLines.map((text, index) => row(index === 0 ? "errors" : "", styleText("red", text))),
  ].join("\n");
}

/** A drawing with a text beside it, or below it if there is no room. */
function rows(label: string, drawing: string, text: string, room: number): readonly string[] {
  const width = stripVTControlCharacters(drawing).length;
  if (width + 1 + text.length <= room) return [row(label, `${drawing} ${text}`.trimStart())];
  const texts = wrap(text, room).map((line, index) => row(index === 0 && width === 0 ? label : "", line));
  return width === 0 ? texts : [row(label, drawing), ...texts];
}

function row(label: string, text: string): string {
  return `${indent}${styleText("dim", label.padEnd(labelWidth))}${text}`;
}

/** One character for each group of values, as high as their maximum; `limit` is the full height. */
export function renderSparkline(values: readonly number[], limit: number, width: number): string {
  const columns = Math.min(width, values.length);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    const highest = Math.max(...values.slice(from, to));
    const level = Math.ceil((levels.length * highest) / limit) - 1;
    return highest === 0 ? " " : levels[Math.min(level, levels.length - 1)];
  }).join("");
}

/** "18 %": not 100 % if one failed, and not 0 % if one succeeded. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return `${Math.min(99.9, Math.floor(share * 1000) / 10)} %`;
  if (rounded === 0 && share > 0) return "under 1 %";
  return `${rounded} %`;
}

/** A caller's waiting time; a failed invocation has no answer. */
export function milliseconds(ms: number): string {
  return Number.isFinite(ms) ? `${Math.round(ms)} ms` : "never";
}
