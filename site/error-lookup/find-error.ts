import {
  errorCodeOf,
  type FailureRow,
  RETRY_OF_KIND,
  type Retry,
} from "../../packages/core/src/failures/connect-failure.js";
import { normaliseText } from "../../packages/core/src/failures/error-chain.js";
import { MYSQL_FAILURES } from "../../packages/core/src/failures/mysql.js";
import { NODE_FAILURES } from "../../packages/core/src/failures/node.js";
import { POSTGRES_FAILURES } from "../../packages/core/src/failures/postgres.js";
import type { ErrorCode, ErrorText } from "../assemble/error-tables.js";
import codes from "../generated/error-codes.json";
import texts from "../generated/error-texts.json";

/** What the site knows about a text. */
export interface FoundError {
  /** The library's own codes in it. */
  readonly codes: readonly ErrorCode[];
  /** How the library classifies it as the failure of a connect. */
  readonly failures: readonly FoundFailure[];
  /** Rows of the troubleshooting guide, the most specific first. */
  readonly texts: readonly ErrorText[];
}

interface FoundFailure {
  readonly source: string;
  readonly code: string;
  readonly retry: string;
  readonly remedy: string;
}

const tables: readonly (readonly [source: string, rows: readonly FailureRow[]])[] = [
  ["PostgreSQL", POSTGRES_FAILURES],
  ["MySQL or MariaDB", MYSQL_FAILURES],
  ["Node.js", NODE_FAILURES],
];

const retries: Readonly<Record<Retry, string>> = {
  always: "while time is left",
  once: "once",
  never: "no",
};

const rows = (texts as readonly ErrorText[]).map((row) => ({ row, patterns: row.texts.map(patternOf) }));

/** Finds an error by what a log or a stack trace says: its text, its code, or both. */
export function findError(text: string): FoundError {
  if (text.trim() === "") return { codes: [], failures: [], texts: [] };
  const lines = linesOf(text);
  const found = codesIn(text);
  return {
    codes: codes.filter(({ code }) => new RegExp(`\\b${code}\\b`).test(text)),
    failures: tables.flatMap(([source, table]) => {
      const row = table.find((candidate) => matches(candidate, lines, found));
      if (!row) return [];
      const { kind, remedy, retry = RETRY_OF_KIND[kind] } = row;
      return [{ source, code: errorCodeOf(row), retry: retries[retry], remedy }];
    }),
    texts: rows
      .flatMap(({ row, patterns }) => {
        const matched = patterns.filter(({ expression }) => lines.some((line) => expression.test(line)));
        const length = Math.max(0, ...matched.map((pattern) => pattern.length));
        return length === 0 ? [] : [{ row, length }];
      })
      .toSorted((one, other) => other.length - one.length)
      .map(({ row }) => row),
  };
}

/** As in the library the first row decides; a text without its code is enough, since people paste what they have. */
function matches(
  { codes: own, text }: FailureRow,
  lines: readonly string[],
  found: readonly string[],
): boolean {
  const hasCode = own?.some((code) => found.includes(code)) ?? false;
  const hasText = text ? lines.some((line) => text.test(line)) : false;
  if (!text) return hasCode;
  return hasText && (!own || hasCode || found.length === 0);
}

/** Each line as it is, and without the name of an error before it. */
function linesOf(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const normalised = normaliseText(line.trim());
    return [normalised, normalised.replace(/^.*?\berror\b[^:]*:\s*/i, "")];
  });
}

/** SQLSTATEs and numbers where a log has codes, names of Node.js and OpenSSL anywhere, or the whole text. */
function codesIn(text: string): readonly string[] {
  const labelled = text.matchAll(/(?:\b(?:code|errno|sqlstate|error)\b["'\s:=(]*|\()([0-9A-Z]{4,5})\b/gi);
  const names = text.matchAll(/\b[A-Z][A-Z0-9]*_?[A-Z0-9_/]{4,}\b/g);
  const whole = /^\s*([0-9A-Z]{4,5})\s*$/.exec(text);
  return [
    ...[...labelled].map(([, code = ""]) => code),
    ...[...names].map(([name]) => name),
    ...(whole?.[1] ? [whole[1]] : []),
  ];
}

/** The guide's own notation: three dots stand for any text. */
function patternOf(text: string): { readonly expression: RegExp; readonly length: number } {
  const parts = text.split("...").map((part) => literal(normaliseText(part.trim())));
  return { expression: new RegExp(parts.join(".*"), "i"), length: parts.join("").length };
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
