import type { Cause, Fact, Report, StepResult } from "./report.js";

/** The report as a person reads it, in plain text. */
export function formatReport(report: Report): string {
  const steps = report.steps.map(formatStep).join("\n");
  return `${steps.trimEnd()}\n\n${summary(report)}\n`;
}

/** As many as go into 100 columns. */
const WHOLE_WORDS = /\S.{0,99}(?=\s|$)|\S+/g;

const MARKS: Readonly<Record<StepResult["outcome"], string>> = {
  ok: "ok",
  warning: "WARNING",
  failed: "FAILED",
  "not reached": "-",
};

function formatStep({ step, outcome, durationMs, problem, facts, causes }: StepResult): string {
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

function formatFacts(facts: readonly Fact[]): string[] {
  const width = Math.max(0, ...facts.map(({ name }) => name.length));
  return facts.map(({ name, value, origin }) => {
    const shown = typeof value === "boolean" ? (value ? "yes" : "no") : value;
    return `${name.padEnd(width)}  ${shown}${origin === undefined ? "" : `  (${origin})`}`;
  });
}

function formatCause({ cause, remedy, example }: Cause, index: number): string[] {
  return [
    ...wrap(cause).map((line, at) => (at === 0 ? `${index + 1}. ${line}` : `   ${line}`)),
    ...wrap(remedy).map((line) => `   ${line}`),
    // Not wrapped, since it is copied.
    ...(example === undefined ? [] : example.split("\n").map((line) => `     ${line}`)),
  ];
}

/** A word that is longer than a line gets one for itself. */
function wrap(text: string): string[] {
  return text.match(WHOLE_WORDS) ?? [];
}

/** Servers and certificates say what they like, and must not speak to the terminal. */
function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, "?");
}

function summary({ isHealthy, durationMs, steps }: Report): string {
  const of = (outcome: StepResult["outcome"]): string =>
    steps
      .filter((each) => each.outcome === outcome)
      .map(({ step }) => step)
      .join(", ");
  if (!isHealthy) return `Not healthy: ${of("failed")} failed, after ${durationMs} ms.`;
  const warnings = of("warning");
  return `Healthy, in ${durationMs} ms${warnings ? `, with a warning: ${warnings}` : ""}.`;
}
