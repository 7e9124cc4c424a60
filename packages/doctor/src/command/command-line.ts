import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Engine } from "@rds-proxy/core";
import type { DiagnoseOptions } from "../diagnose-options.js";
import { fileFailure } from "../file-failure.js";
import { type FlagList, flagList } from "./flags.js";
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
  const values = parseFlags(args, flagList);
  if (values.has("help")) return "help";
  const secretId = values.get("secret");
  return {
    options: {
      ...(await flaggedOptions(values, flagList)),
      ...(secretId === undefined ? {} : { secret: { secretId } }),
    },
    isJson: values.has("json"),
  };
}

/** @throws UsageError for an unknown flag, a missing value, and a value without a flag */
export function parseFlags(args: readonly string[], list: FlagList): ReadonlyMap<string, string> {
  const options = Object.fromEntries(
    list.map(([name, { value }]) => [name, { type: value === undefined ? "boolean" : "string" } as const]),
  );
  const { values, positionals } = parse(args, options);
  // The message omits the value: it may be a connection string with a password.
  if (positionals.length > 0) throw new UsageError("Every value needs a flag, such as --host NAME.");
  return new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
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

/**
 * The options that flags set; the file of `--ca-file` is read.
 *
 * @throws UsageError
 */
export async function flaggedOptions(
  values: ReadonlyMap<string, string>,
  list: FlagList,
): Promise<Record<string, unknown>> {
  const given = list.flatMap(([name, { option, range }]) => {
    const value = values.get(name);
    if (option === undefined || value === undefined || OBJECT_FLAGS.includes(name)) return [];
    if (name === "engine") checkEngine(value);
    return [[option, range ? wholeNumber(name, value, range) : value] as const];
  });
  const caFile = values.get("ca-file");
  return {
    ...Object.fromEntries(given),
    ...(caFile === undefined ? {} : { ssl: { ca: await readCaFile(caFile) } }),
  };
}

/** The values of these are parts of objects. */
const OBJECT_FLAGS: readonly string[] = ["ca-file", "secret"];

/** @throws UsageError for another name than those of the engines */
export function checkEngine(text: string): asserts text is Engine {
  if (text === "postgres" || text === "mysql") return;
  throw new UsageError(
    `--engine: expected postgres, or mysql for MySQL and MariaDB, got ${JSON.stringify(text)}.`,
  );
}

function wholeNumber(name: string, text: string, [smallest, largest]: readonly [number, number]): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= smallest && value <= largest) return value;
  const range = `from ${smallest}${largest < Number.MAX_SAFE_INTEGER ? ` to ${largest}` : ""}`;
  throw new UsageError(`--${name}: expected a whole number ${range}, got ${JSON.stringify(text)}.`);
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
