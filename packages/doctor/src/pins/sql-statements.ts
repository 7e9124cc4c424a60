import type { Engine } from "@rds-proxy/core";
import { TokenReader } from "@rds-proxy/core/diagnosis";
import type { FoundStatement } from "./found-statement.js";

/** The statements in an SQL file. */
export function sqlStatements(text: string, engine: Engine): FoundStatement[] {
  const statements: FoundStatement[] = [];
  const reader = new TokenReader(text, { engine, hasBackslashEscapes: engine === "mysql" });
  let start: number | undefined;
  let depth = 0;
  const finish = (end: number): void => {
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
