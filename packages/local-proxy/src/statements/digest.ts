import { isSymbol, isWord, type Token } from "./lex.js";

// Log lines have to stay readable.
const longestDigest = 1000;

/**
 * A statement in the form of RDS Proxy's log: in lower case, without comments, with placeholders for literals and for
 * the values of SET. `index` counts the values from 1.
 */
export function digestOf(tokens: readonly Token[], placeholder: (index: number) => string): string {
  let digest = "";
  let values = 0;
  let isAssigning = false;
  let previous: Token | undefined;
  for (const [index, token] of tokens.entries()) {
    if (previous === undefined || isSymbol(previous, ";")) isAssigning = isWord(token, "set");
    const isValue = isLiteral(token) || (isAssigning && isAssigned(token, previous, tokens[index + 1]));
    if (isValue) values += 1;
    if (token.isSpaced && digest !== "" && !isSymbol(previous, ",")) digest += " ";
    digest += isValue ? placeholder(values) : textOf(token);
    previous = token;
    if (digest.length > longestDigest) return `${digest.slice(0, longestDigest)}...`;
  }
  return digest;
}

function isLiteral({ kind }: Token): boolean {
  return kind === "string" || kind === "number";
}

/** Whether a word of a SET statement is a value. Public logs show `set names $1`, `to $1,$2`, `level $1`. */
function isAssigned({ kind }: Token, previous: Token | undefined, next: Token | undefined): boolean {
  if (kind !== "word" && kind !== "identifier") return false;
  // The name of the next variable in a list.
  if (isSymbol(next, "=") || isSymbol(next, ":")) return false;
  return (
    isWord(previous, "to", "names", "zone", "level", "role", "charset") ||
    isSymbol(previous, "=") ||
    isSymbol(previous, ",")
  );
}

function textOf({ kind, text }: Token): string {
  return kind === "executable-comment" ? "/*!...*/" : text;
}
