import type { Finding, Step } from "../steps/step.js";
import { type Cell, renderTable } from "./table.js";

/** Whether all of a side's findings held; true for a side that took no part. */
export function hasHeld(findings: readonly Finding[] | undefined): boolean {
  return findings?.every(({ held }) => held) ?? true;
}

/** A step and its findings on each side; undefined for a side that took no part. */
export interface Result {
  readonly step: Pick<Step, "title" | "explanation">;
  readonly ours: readonly Finding[] | undefined;
  readonly snippet: readonly Finding[];
}

const shares = [30, 34, 36];

/** @param columns characters per line */
export function renderResults(results: readonly Result[], columns: number): string {
  const header: Cell[] = ["step", "with rdsProxy()", "with the usual snippet"].map((text) => [
    { text, style: "bold" },
  ]);
  const rows = results.map(({ step, ours, snippet }): Cell[] => [
    [
      { text: step.title, style: "bold" },
      { text: step.explanation, style: "dim" },
    ],
    renderFindings(ours),
    renderFindings(snippet),
  ]);
  return renderTable([header, ...rows], shares, columns);
}

function renderFindings(findings: readonly Finding[] | undefined): Cell {
  if (!findings) return [{ text: "–", style: "dim" }];
  return findings.map(({ held, text }) => ({
    text: `${held ? "✓" : "✗"} ${text}`,
    style: held ? "green" : "red",
  }));
}
