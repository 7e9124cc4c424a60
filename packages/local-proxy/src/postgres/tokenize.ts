import { type LexicalRules, lex, type Token } from "../statements/lex.js";

// White space is these characters only: a no-break space, say, is part of a name.
// A comment runs to the end of its line, so there is one at most: more would be tried in each way to split it.
const lineBreak = String.raw`[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*`;
const escaped = String.raw`'(?:[^'\\]+|\\[\s\S]|'')*(?:'|\\?$)`;
// A string goes on in the next one if a line break is between them.
const continued = `${escaped}(?:${lineBreak}${escaped})*`;

// Source: "Lexical Structure" in PostgreSQL's documentation. An unterminated token, in a text that was cut off, ends
// with the text.
function rulesFor(hasEscapes: boolean): LexicalRules {
  return [
    ["space", /(?:[ \t\n\r\f\v]+|--[^\n\r]*)+/y],
    ["space", blockComment],
    ["string", new RegExp(`${hasEscapes ? "[en]?" : "e"}${continued}`, "iy")],
    ["string", /(?:[bxn]|u&)?'[^']*(?:''[^']*)*(?:'|$)/iy],
    // Tags of dollar quotes are case-sensitive.
    ["string", /\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?(?:\$\1\$|$)/y],
    ["identifier", /(?:u&)?"[^"]*(?:""[^"]*)*(?:"|$)/iy],
    ["parameter", /\$\d+/y],
    ["number", /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)/iy],
    ["word", /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy],
  ];
}

const standardRules = rulesFor(false);
const escapeRules = rulesFor(true);

/**
 * Splits a PostgreSQL statement into tokens; `hasEscapes`: whether a backslash escapes in plain string literals, which it
 * does while `standard_conforming_strings` is off.
 */
export function tokenize(text: string, hasEscapes = false): Token[] {
  return lex(text, hasEscapes ? escapeRules : standardRules);
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
