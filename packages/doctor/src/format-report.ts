import { styleText } from "node:util";
import type { DiagnosisCause, DiagnosisFact, DiagnosisReport, DiagnosisStep } from "./report.js";

/** How a report is formatted. */
export interface FormatReportOptions {
  /**
   * Whether to mark the outcomes with the colours of a terminal.
   *
   * @default false
   */
  readonly color?: boolean | undefined;
}

/** Formats a report as text, for people. */
export function formatReport(report: DiagnosisReport, { color = false }: FormatReportOptions = {}): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
  const steps = report.steps.map((step) => formatStep(step, paint)).join("\n");
  return `${steps.trimEnd()}\n\n${paint(["bold", report.isHealthy ? "green" : "red"], summary(report))}\n`;
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

const COLORS = {
  ok: "green",
  warning: "yellow",
  failed: "red",
  "not reached": "gray",
} as const satisfies Record<DiagnosisStep["outcome"], string>;

/** Up to 100 columns of whole words; a longer word gets its own line. */
const LINE = /\S.{0,99}(?=\s|$)|\S+/g;

const MARKS: Readonly<Record<DiagnosisStep["outcome"], string>> = {
  ok: "ok",
  warning: "WARNING",
  failed: "FAILED",
  "not reached": "-",
};

function formatStep(
  { step, outcome, durationMs, problem, facts, causes }: DiagnosisStep,
  paint: Paint,
): string {
  const duration = outcome === "not reached" ? "not reached" : `${durationMs} ms`;
  const head = `${paint(COLORS[outcome], MARKS[outcome].padEnd(8))} ${paint("bold", step.padEnd(12))} ${duration}`;
  const lines = [
    ...formatFacts(facts),
    ...(problem === undefined ? [] : ["", ...wrap(problem)]),
    ...(causes.length === 0 ? [] : ["", "Likely causes, the most likely first:"]),
    ...causes.flatMap(formatCause),
    ...(problem === undefined ? [] : [""]),
  ];
  return [head, ...lines.map((line) => (line === "" ? "" : `         ${printable(line)}`))].join("\n");
}

function formatFacts(facts: readonly DiagnosisFact[]): string[] {
  const width = Math.max(0, ...facts.map(({ name }) => name.length));
  return facts.map(({ name, value, origin }) => {
    const shown = typeof value === "boolean" ? (value ? "yes" : "no") : value;
    return `${name.padEnd(width)}  ${shown}${origin === undefined ? "" : `  (${origin})`}`;
  });
}

function formatCause({ cause, remedy, example }: DiagnosisCause, index: number): string[] {
  return [
    ...wrap(cause).map((line, at) => (at === 0 ? `${index + 1}. ${line}` : `   ${line}`)),
    ...wrap(remedy).map((line) => `   ${line}`),
    // Not wrapped: users copy it.
    ...(example === undefined ? [] : example.split("\n").map((line) => `     ${line}`)),
  ];
}

function wrap(text: string): string[] {
  return text.match(LINE) ?? [];
}

/** Replaces control characters: texts of servers and certificates are untrusted input to the terminal. */
function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, "?");
}

function summary({ isHealthy, durationMs, steps }: DiagnosisReport): string {
  const of = (outcome: DiagnosisStep["outcome"]): string =>
    steps
      .filter((each) => each.outcome === outcome)
      .map(({ step }) => step)
      .join(", ");
  if (!isHealthy) return `Not healthy: ${of("failed")} failed, after ${durationMs} ms.`;
  const warnings = of("warning");
  return `Healthy, in ${durationMs} ms${warnings ? `, with a warning: ${warnings}` : ""}.`;
}
