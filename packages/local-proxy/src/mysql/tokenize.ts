import { type LexicalRules, lex, type Token } from "../statements/lex.js";

const beforeStrings: LexicalRules = [
  // "--" begins a comment only before white space.
  ["space", /(?:\s+|#[^\n]*|--(?=\s|$)[^\n]*)+/y],
  ["executable-comment", /\/\*(?:!|M!)[\s\S]*?(?:\*\/|$)/y],
  ["space", /\/\*[\s\S]*?(?:\*\/|$)/y],
];
const escapedStrings: LexicalRules = [
  ["variable", /@(?:'(?:[^'\\]+|\\[\s\S]|'')*(?:'|\\?$)|"(?:[^"\\]+|\\[\s\S]|"")*(?:"|\\?$))/y],
  ["string", /[bxn]?'(?:[^'\\]+|\\[\s\S]|'')*(?:'|\\?$)/iy],
  ["string", /"(?:[^"\\]+|\\[\s\S]|"")*(?:"|\\?$)/y],
];
const plainStrings: LexicalRules = [
  ["variable", /@(?:'[^']*(?:''[^']*)*(?:'|$)|"[^"]*(?:""[^"]*)*(?:"|$))/y],
  ["string", /[bxn]?'[^']*(?:''[^']*)*(?:'|$)/iy],
  ["string", /"[^"]*(?:""[^"]*)*(?:"|$)/y],
];
const afterStrings: LexicalRules = [
  ["variable", /@@?`[^`]*(?:``[^`]*)*(?:`|$)/y],
  ["variable", /@@?[\w.$\u0080-\uffff]*/y],
  ["identifier", /`[^`]*(?:``[^`]*)*(?:`|$)/y],
  ["number", /(?:0x[\da-f]+|0b[01]+)(?![\w$\u0080-\uffff])/iy],
  ["number", /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\w$\u0080-\uffff])/iy],
  ["parameter", /\?/y],
  ["word", /[\w$\u0080-\uffff]+/iy],
];

// Source: "Language Structure" in MySQL's manual. An unterminated token, in a text that was cut off, ends with the text.
const withEscapes: LexicalRules = [...beforeStrings, ...escapedStrings, ...afterStrings];
const withoutEscapes: LexicalRules = [...beforeStrings, ...plainStrings, ...afterStrings];

/** Splits a MySQL statement into tokens; `hasEscapes` is false under the SQL mode NO_BACKSLASH_ESCAPES. */
export function tokenize(text: string, hasEscapes = true): Token[] {
  return lex(text, hasEscapes ? withEscapes : withoutEscapes);
}
