import type { DiagnosisCause, DiagnosisFact, DiagnosisReport, DiagnosisStep } from "./report.js";

/** Formats a report as plain text, for people. */
export function formatReport(report: DiagnosisReport): string {
  const steps = report.steps.map(formatStep).join("\n");
  return `${steps.trimEnd()}\n\n${summary(report)}\n`;
}

/** Up to 100 columns of whole words; a longer word gets its own line. */
const LINE = /\S.{0,99}(?=\s|$)|\S+/g;

const MARKS: Readonly<Record<DiagnosisStep["outcome"], string>> = {
  ok: "ok",
  warning: "WARNING",
  failed: "FAILED",
  "not reached": "-",
};

function formatStep({ step, outcome, durationMs, problem, facts, causes }: DiagnosisStep): string {
  const duration = outcome === "not reached" ? "not reached" : `${durationMs} ms`;
  const lines = [
    `${MARKS[outcome].padEnd(8)} ${step.padEnd(12)} ${duration}`,
    ...formatFacts(facts),
    ...(problem === undefined ? [] : ["", ...wrap(problem)]),
    ...(causes.length === 0 ? [] : ["", "Likely causes, the most likely first:"]),
    ...causes.flatMap(formatCause),
    ...(problem === undefined ? [] : [""]),
  ];
  const [first = "", ...others] = lines.map(printable);
  return [first, ...others.map((line) => (line === "" ? "" : `         ${line}`))].join("\n");
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
