import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { EffectKind, Engine } from "@rds-proxy/core";
import { EFFECTS, mysqlEffects, PIN_REMEDIES, postgresEffects } from "@rds-proxy/core/diagnosis";
import { fileFailure } from "../file-failure.js";
import type { FoundStatement } from "./found-statement.js";
import { scriptStatements } from "./script-statements.js";
import { sqlStatements } from "./sql-statements.js";

/** A statement in source code that pins its session, or leaves state in it. */
export interface PinFinding {
  readonly file: string;
  /** Counted from 1, as is the column. */
  readonly line: number;
  readonly column: number;
  readonly kind: EffectKind;
  /** Whether RDS Proxy pins the session; if not, the statement leaves state in it that the proxy tracks or does not see. */
  readonly pins: boolean;
  /** What to write in its place. */
  readonly remedy: string;
}

/** The findings in all files. */
export interface PinReport {
  readonly findings: readonly PinFinding[];
  /** How many files were read. */
  readonly files: number;
  /** Files and folders that could not be read, with the reason. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

const SCRIPTS: ReadonlySet<string> = new Set([".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"]);
const PASSED_OVER: ReadonlySet<string> = new Set(["node_modules", "dist", "build", "coverage"]);

/** Suppresses a finding, in a comment on the statement's line or the line before it. */
const IGNORE = /rds-proxy-doctor ignore/g;

/**
 * Finds the statements in SQL, JavaScript and TypeScript files that would pin a session behind RDS Proxy or leave state in it, with
 * the code by which the library reads statements when they are sent.
 *
 * @param paths files, or folders; `node_modules`, `dist`, `build`, `coverage` and hidden files and folders in them are skipped
 */
export async function findPins(paths: readonly string[], engine: Engine): Promise<PinReport> {
  const findings: PinFinding[] = [];
  const unreadable: { file: string; reason: string }[] = [];
  const noteFailure = (file: string, error: unknown): void => {
    unreadable.push({ file, reason: fileFailure(error) });
  };
  const files = (await Promise.all(paths.map((path) => filesOf(path, noteFailure)))).flat();
  let read = 0;
  for (const file of files) {
    try {
      findings.push(...pinsOf(file, await readText(file), engine));
      read++;
    } catch (error) {
      noteFailure(file, error);
    }
  }
  return { findings, files: read, unreadable };
}

/** The findings in the content of one file. The extension of its name decides the language. */
export function pinsOf(file: string, content: string, engine: Engine): PinFinding[] {
  const extension = extname(file).toLowerCase();
  const statements =
    extension === ".sql" ? sqlStatements(content, engine) : scriptStatements(content, engine, extension);
  const lineStarts = [0, ...[...content.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const ignored = new Set([...content.matchAll(IGNORE)].map(({ index }) => lineOf(index, lineStarts)));
  return statements.flatMap((statement) => {
    const effects = effectsOf(statement, engine);
    if (effects.length === 0) return [];
    const line = lineOf(statement.offset, lineStarts);
    if (ignored.has(line) || ignored.has(line - 1)) return [];
    const at = lineStarts[line] ?? 0;
    return effects.map((kind) => ({
      file,
      line: line + 1,
      column: statement.offset - at + 1,
      kind,
      pins: EFFECTS[kind].pins,
      remedy: PIN_REMEDIES[kind],
    }));
  });
}

/** The line that holds an offset, counted from 0. */
function lineOf(offset: number, lineStarts: readonly number[]): number {
  let [first, end] = [0, lineStarts.length];
  while (end - first > 1) {
    const middle = (first + end) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) first = middle;
    else end = middle;
  }
  return first;
}

/** The kinds of effects that pin or leave state, each once. */
function effectsOf({ text, isPrepared }: FoundStatement, engine: Engine): EffectKind[] {
  const effects = engine === "mysql" ? mysqlEffects(text) : postgresEffects(text);
  const all = new Set<EffectKind>(isPrepared ? [...effects, "prepared-statement"] : effects);
  return [...all].filter((kind) => EFFECTS[kind].pins || EFFECTS[kind].lasts === "session");
}

async function readText(file: string): Promise<string> {
  if (!isSource(file)) throw new Error("expected a file of SQL, JavaScript or TypeScript, by its extension");
  if (!(await stat(file)).isFile()) throw new Error("not a regular file");
  const text = await readFile(file, "utf8");
  if (text.includes("\0")) throw new Error("expected text in UTF-8");
  // A byte order mark would be a part of the first word.
  return text.replace(/^\ufeff/, "");
}

function isSource(file: string): boolean {
  const extension = extname(file).toLowerCase();
  return extension === ".sql" || SCRIPTS.has(extension);
}

/** @param noteFailure called for what cannot be read */
async function filesOf(path: string, noteFailure: (path: string, error: unknown) => void): Promise<string[]> {
  const entries = await entriesOf(path).catch((error: unknown) => {
    noteFailure(path, error);
    return [];
  });
  if (!entries) return [path];
  const nested = entries
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((entry) => {
      if (entry.name.startsWith(".") || PASSED_OVER.has(entry.name)) return [];
      const child = join(path, entry.name);
      if (entry.isDirectory()) return filesOf(child, noteFailure);
      return entry.isFile() && isSource(entry.name) ? [child] : [];
    });
  return (await Promise.all(nested)).flat();
}

/** A folder's entries; undefined for what is no folder. */
async function entriesOf(path: string): Promise<Dirent[] | undefined> {
  const found = await stat(path);
  return found.isDirectory() ? await readdir(path, { withFileTypes: true }) : undefined;
}
