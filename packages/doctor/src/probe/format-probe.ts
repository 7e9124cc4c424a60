import { styleText } from "node:util";
import type { ProbeReport, SettingResult } from "./probe-report.js";

/** How a report is formatted. */
export interface FormatProbeOptions {
  /**
   * Whether to mark the outcomes with the colours of a terminal.
   *
   * @default false
   */
  readonly color?: boolean | undefined;
}

/** Formats the report of a probe as text, for people. */
export function formatProbe(report: ProbeReport, { color = false }: FormatProbeOptions = {}): string {
  const { outcome, problem, results, observations, durationMs, connections, profile } = report;
  const paint = (style: "green" | "yellow" | "red", text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  if (outcome !== "probed") {
    const remedy =
      outcome === "failed" ? "\nrds-proxy-doctor without probe checks the connection step by step." : "";
    return `${paint("red", outcome === "failed" ? "FAILED" : "Not an RDS Proxy")}: ${printable(problem ?? "")}.${remedy}\n`;
  }
  const width = Math.max(...results.map(({ setting }) => setting.length));
  const lines = results.map((result) =>
    result.outcome === "decided"
      ? `${paint("green", "decided    ")} ${result.setting.padEnd(width)}  ${textOf(result)}`
      : `${paint("yellow", "not decided")} ${result.setting.padEnd(width)}  ${printable(result.reason)}`,
  );
  const decided = results.filter((result) => result.outcome === "decided").length;
  return [
    ...lines,
    "",
    ...observations.map(({ name, value }) => `Seen: ${name}: ${printable(value)}`),
    `${decided} of ${results.length} settings decided, ${profile?.engine} ${profile?.serverVersion}, in ${durationMs} ms ` +
      `with ${connections} connections.`,
    "",
  ].join("\n");
}

function textOf({ value }: Extract<SettingResult, { outcome: "decided" }>): string {
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}

/** Replaces control characters: texts of servers are untrusted input to the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
