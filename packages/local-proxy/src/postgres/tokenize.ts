import { type LexicalRules, lex, type Token } from "../statements/lex.js";

// "Lexical Structure" in PostgreSQL's documentation. What has no end, since the text was cut off, goes to the end.
const rules: LexicalRules = [
  ["space", /(?:\s+|--[^\n\r]*)+/y],
  ["space", blockComment],
  ["string", /e'(?:[^'\\]+|\\[\s\S]|'')*(?:'|\\?$)/iy],
  ["string", /(?:[bxn]|u&)?'[^']*(?:''[^']*)*(?:'|$)/iy],
  // Their tags know upper and lower case.
  ["string", /\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?(?:\$\1\$|$)/y],
  ["identifier", /(?:u&)?"[^"]*(?:""[^"]*)*(?:"|$)/iy],
  ["parameter", /\$\d+/y],
  ["number", /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)/iy],
  ["word", /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy],
];

/** The tokens of a PostgreSQL statement, as written with `standard_conforming_strings`. */
export function tokenize(text: string): Token[] {
  return lex(text, rules);
}

// They nest.
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
