import { type LexicalRules, lex, type Token } from "../statements/lex.js";

// Source: "Lexical Structure" in PostgreSQL's documentation. An unterminated token, in a text that was cut off, ends
// with the text.
const rules: LexicalRules = [
  ["space", /(?:\s+|--[^\n\r]*)+/y],
  ["space", blockComment],
  ["string", /e'(?:[^'\\]+|\\[\s\S]|'')*(?:'|\\?$)/iy],
  ["string", /(?:[bxn]|u&)?'[^']*(?:''[^']*)*(?:'|$)/iy],
  // Tags of dollar quotes are case-sensitive.
  ["string", /\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?(?:\$\1\$|$)/y],
  ["identifier", /(?:u&)?"[^"]*(?:""[^"]*)*(?:"|$)/iy],
  ["parameter", /\$\d+/y],
  ["number", /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)/iy],
  ["word", /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy],
];

/** Splits a PostgreSQL statement into tokens, under `standard_conforming_strings`. */
export function tokenize(text: string): Token[] {
  return lex(text, rules);
}

// Block comments nest in PostgreSQL.
function blockComment(text: string, at: number): number {
  if (!text.startsWith("/*", at)) return at;
  const border = /\/\*|\*\//g;
  border.lastIndex = at + 2;
  for (let depth = 1; depth > 0; ) {
    const found = border.exec(text);
    if (found === null) return text.length;
    depth += found[0] === "/*" ? 1 : -1;
  }
  return border.lastIndex;
}
