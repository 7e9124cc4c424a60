import { isSymbol, isWord, type Token } from "../statements/lex.js";

/**
 * Splits tokens into statements, without semicolons and empty statements. The actions of CREATE RULE, in parentheses, and
 * the body of CREATE FUNCTION or PROCEDURE, between BEGIN ATOMIC and END, belong to the statement that creates them.
 */
export function splitStatements(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const statements: Token[][] = [];
  let current: Token[] = [];
  let parentheses = 0;
  // BEGIN ATOMIC, and CASE within it.
  let blocks = 0;
  for (const [index, token] of tokens.entries()) {
    if (isSymbol(token, ";") && parentheses <= 0 && blocks === 0) {
      statements.push(current);
      current = [];
      parentheses = 0;
      continue;
    }
    current.push(token);
    if (isSymbol(token, "(")) parentheses += 1;
    if (isSymbol(token, ")")) parentheses -= 1;
    if (opensBlock(token, tokens[index + 1], blocks)) blocks += 1;
    if (isWord(token, "end") && blocks > 0) blocks -= 1;
  }
  statements.push(current);
  return statements.filter((statement) => statement.length > 0);
}

function opensBlock(token: Token, next: Token | undefined, blocks: number): boolean {
  if (isWord(token, "begin")) return isWord(next, "atomic");
  return blocks > 0 && isWord(token, "case");
}
