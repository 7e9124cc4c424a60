import { styleText } from "node:util";

/** A contender's progress and its results so far. */
export interface StormProgress {
  readonly name: string;
  /** From 0 to 1. */
  readonly shareOfTime: number;
  readonly answered: number;
  readonly failed: number;
}

const nameWidth = 22;
const countsWidth = 32;
const widestBar = 40;
const narrowestBar = 10;

/** Below this there is no room for a bar. */
const narrowestLine = nameWidth + countsWidth + narrowestBar + 5;

/** One line of at most `columns - 2` characters, for the spinner: a bar as long as the elapsed time, green by the share of answers. */
export function renderProgress(
  { name, shareOfTime, answered, failed }: StormProgress,
  columns: number,
): string {
  if (columns < narrowestLine)
    return `${name}: ${answered} answered, ${failed} failed`.slice(0, Math.max(0, columns - 3));
  const width = Math.min(widestBar, columns - nameWidth - countsWidth - 5);
  const filled = Math.round(width * Math.min(1, shareOfTime));
  const good = Math.round((filled * answered) / Math.max(1, answered + failed));
  const bar = [
    styleText("green", "█".repeat(good)),
    styleText("red", "▒".repeat(filled - good)),
    styleText("dim", "░".repeat(width - filled)),
  ].join("");
  return `${name.padEnd(nameWidth)} ${bar} ${`${answered} answered, ${failed} failed`.padEnd(countsWidth)}`;
}
