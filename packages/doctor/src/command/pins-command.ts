import { parseArgs } from "node:util";
import type { Engine } from "@rds-proxy/core";
import { findPins } from "../pins/find-pins.js";
import { formatPins } from "../pins/format-pins.js";
import { checkEngine } from "./command-line.js";
import { usageErrorOf } from "./usage-error.js";

/** The output of `pins --help`. */
const pinsHelpText = `Usage: rds-proxy-doctor pins [flags] [FILE or FOLDER ...]

Finds statements in SQL, JavaScript and TypeScript files that would pin a session behind RDS Proxy, or leave state in it, and
prints their remedies. Default: the current folder. A statement is left out with the comment "rds-proxy-doctor ignore" on its
line or the line before. Exit codes: 0 none found, 1 some found, 2 wrong command line, or a file or folder that cannot be read.

  --engine NAME  postgres (default), or mysql for MySQL and MariaDB
  --json         write the report as JSON
  --help         show this help
`;

/**
 * Runs `rds-proxy-doctor pins`.
 *
 * @param args what follows `pins`
 * @returns the exit code
 * @throws UsageError
 */
export async function runPinsCommand(
  args: readonly string[],
  write: (text: string) => void,
): Promise<number> {
  const { engine, isJson, isHelp, paths } = parsePinsArguments(args);
  if (isHelp) {
    write(pinsHelpText);
    return 0;
  }
  const report = await findPins(paths, engine);
  write(isJson ? `${JSON.stringify(report, undefined, 2)}\n` : formatPins(report));
  if (report.unreadable.length > 0) return 2;
  return report.findings.length > 0 ? 1 : 0;
}

function parsePinsArguments(args: readonly string[]): {
  engine: Engine;
  isJson: boolean;
  isHelp: boolean;
  paths: readonly string[];
} {
  const { values, positionals } = parse(args);
  const { engine = "postgres", json = false, help = false } = values;
  checkEngine(engine);
  return { engine, isJson: json, isHelp: help, paths: positionals.length === 0 ? ["."] : positionals };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { engine: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } },
      allowPositionals: true,
    });
  } catch (error) {
    throw usageErrorOf(error);
  }
}
