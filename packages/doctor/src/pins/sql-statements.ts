import type { Engine } from "@rds-proxy/core";
import { TokenReader } from "@rds-proxy/core/diagnosis";
import type { FoundStatement } from "./found-statement.js";

const COPY_FROM_FILE = /^copy\s[^;]*\bfrom\s+stdin\b/i;
const END_OF_ROWS = "\n\\.";

/** The statements in an SQL file. */
export function sqlStatements(text: string, engine: Engine): FoundStatement[] {
  const statements: FoundStatement[] = [];
  const reader = new TokenReader(text, { engine, hasBackslashEscapes: engine === "mysql" });
  let start: number | undefined;
  let depth = 0;
  const finish = (end: number): void => {
    // psql reads the rows that follow, up to a line with a backslash and a dot.
    if (start !== undefined && COPY_FROM_FILE.test(text.slice(start, end))) {
      const rowsEnd = text.indexOf(END_OF_ROWS, end);
      reader.end = rowsEnd < 0 ? text.length : rowsEnd + END_OF_ROWS.length;
    }
    if (start !== undefined)
      statements.push({ text: text.slice(start, end), offset: start, isPrepared: false });
    start = undefined;
    depth = 0;
  };
  while (reader.next()) {
    start ??= reader.start;
    const symbol = reader.kind === "symbol" ? reader.initial : undefined;
    if (symbol === "(") depth++;
    if (symbol === ")") depth--;
    // A semicolon in parentheses is part of CREATE RULE ... DO (...; ...).
    if (symbol === ";" && depth <= 0) finish(reader.end);
  }
  finish(text.length);
  return statements;
}
