import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Engine } from "@rds-proxy/core";
import type { DiagnoseOptions } from "../diagnose-options.js";
import { fileFailure } from "../file-failure.js";
import { type FlagName, flagList, isFlagName } from "./flags.js";
import { UsageError, usageErrorOf } from "./usage-error.js";

/** The parsed command line. */
export interface Command {
  readonly options: DiagnoseOptions;
  readonly isJson: boolean;
}

/**
 * Parses the arguments and reads the file of `--ca-file`.
 *
 * @returns `"help"` for `--help`
 * @throws UsageError that names the flag, the expected value and the actual one
 */
export async function parseCommandLine(args: readonly string[]): Promise<Command | "help"> {
  const values = parseFlags(args);
  if (values.has("help")) return "help";
  const caFile = values.get("ca-file");
  const secretId = values.get("secret");
  return {
    options: {
      ...flaggedOptions(values),
      ...(secretId === undefined ? {} : { secret: { secretId } }),
      ...(caFile === undefined ? {} : { ssl: { ca: await readCaFile(caFile) } }),
    },
    isJson: values.has("json"),
  };
}

function parseFlags(args: readonly string[]): Map<FlagName, string> {
  const options = Object.fromEntries(
    flagList.map(([name, { value }]) => [
      name,
      { type: value === undefined ? "boolean" : "string" } as const,
    ]),
  );
  const { values, positionals } = parse(args, options);
  // The message omits the value: it may be a connection string with a password.
  if (positionals.length > 0) throw new UsageError("Every value needs a flag, such as --host NAME.");
  const given = new Map<FlagName, string>();
  for (const [name, value] of Object.entries(values)) if (isFlagName(name)) given.set(name, String(value));
  return given;
}

function parse(
  args: readonly string[],
  options: Readonly<Record<string, { type: "boolean" | "string" }>>,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw usageErrorOf(error);
  }
}

/** `parseCommandLine` makes objects of their values. */
const OBJECT_FLAGS: readonly FlagName[] = ["ca-file", "secret"];

function flaggedOptions(values: ReadonlyMap<FlagName, string>): DiagnoseOptions {
  const given = flagList.flatMap(([name, { option, isNumber }]) => {
    const value = values.get(name);
    if (option === undefined || value === undefined || OBJECT_FLAGS.includes(name)) return [];
    if (name === "engine") checkEngine(value);
    return [[option, isNumber ? wholeNumber(name, value) : value] as const];
  });
  return Object.fromEntries(given);
}

/** @throws UsageError for another name than those of the engines */
export function checkEngine(text: string): asserts text is Engine {
  if (text === "postgres" || text === "mysql") return;
  throw new UsageError(
    `--engine: expected postgres, or mysql for MySQL and MariaDB, got ${JSON.stringify(text)}.`,
  );
}

const LARGEST: Readonly<Partial<Record<FlagName, number>>> = { port: 65_535, "signing-port": 65_535 };

function wholeNumber(name: FlagName, text: string): number {
  const largest = LARGEST[name] ?? Number.MAX_SAFE_INTEGER;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= largest) return value;
  const range = name in LARGEST ? ` from 1 to ${largest}` : " from 1";
  throw new UsageError(`--${name}: expected a whole number${range}, got ${JSON.stringify(text)}.`);
}

async function readCaFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `--ca-file: expected a file with PEM certificates, got ${JSON.stringify(file)}: ${fileFailure(error)}.`,
    );
  }
}
