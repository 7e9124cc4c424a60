import { type LexicalRules, lex, type Token } from "../statements/lex.js";

/** What of the SQL mode decides where tokens end. */
export interface Quoting {
  /** Whether a backslash escapes in string literals: not under NO_BACKSLASH_ESCAPES. */
  readonly hasEscapes: boolean;
  /** Whether double quotes enclose names: under ANSI_QUOTES. */
  readonly hasAnsiQuotes: boolean;
}

// Only these characters are white space: a no-break space, say, is part of a name.
const beforeStrings: LexicalRules = [
  // "--" begins a comment only before white space, a control character or the end.
  ["space", /(?:[ \t\n\v\f\r]+|#[^\n]*|--(?![!-~\u0080-\uffff])[^\n]*)+/y],
  ["executable-comment", /\/\*(?:!|M!)[\s\S]*?(?:\*\/|$)/y],
  ["space", /\/\*[\s\S]*?(?:\*\/|$)/y],
];
const singleQuoted = {
  escaped: /[bxn]?'(?:[^'\\]+|\\[\s\S]|'')*(?:'|\\?$)/iy,
  plain: /[bxn]?'[^']*(?:''[^']*)*(?:'|$)/iy,
};
const doubleQuoted = {
  escaped: /"(?:[^"\\]+|\\[\s\S]|"")*(?:"|\\?$)/y,
  plain: /"[^"]*(?:""[^"]*)*(?:"|$)/y,
};
const afterStrings: LexicalRules = [
  ["variable", /@@?`[^`]*(?:``[^`]*)*(?:`|$)/y],
  ["variable", /@@?[\w.$\u0080-\uffff]*/y],
  ["identifier", /`[^`]*(?:``[^`]*)*(?:`|$)/y],
  ["number", /(?:0x[\da-f]+|0b[01]+)(?![\w$\u0080-\uffff])/iy],
  ["number", /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\w$\u0080-\uffff])/iy],
  ["parameter", /\?/y],
  ["word", /[\w$\u0080-\uffff]+/iy],
];

// Source: "Language Structure" and "Server SQL Modes" in MySQL's manual. An unterminated token, in a text that was cut
// off, ends with the text.
function rulesFor({ hasEscapes, hasAnsiQuotes }: Quoting): LexicalRules {
  const single = hasEscapes ? singleQuoted.escaped : singleQuoted.plain;
  const double = hasEscapes && !hasAnsiQuotes ? doubleQuoted.escaped : doubleQuoted.plain;
  return [
    ...beforeStrings,
    ["variable", afterAt(single)],
    ["variable", afterAt(double)],
    ["string", single],
    [hasAnsiQuotes ? "identifier" : "string", double],
    ...afterStrings,
  ];
}

function afterAt(quoted: RegExp): RegExp {
  return new RegExp(`@${quoted.source.replace("[bxn]?", "")}`, "y");
}

const standard = {
  escaped: rulesFor({ hasEscapes: true, hasAnsiQuotes: false }),
  plain: rulesFor({ hasEscapes: false, hasAnsiQuotes: false }),
};
const ansi = {
  escaped: rulesFor({ hasEscapes: true, hasAnsiQuotes: true }),
  plain: rulesFor({ hasEscapes: false, hasAnsiQuotes: true }),
};

/** Splits a MySQL statement into tokens; by default as a server without these SQL modes does. */
export function tokenize(
  text: string,
  { hasEscapes = true, hasAnsiQuotes = false }: Partial<Quoting> = {},
): Token[] {
  const rules = hasAnsiQuotes ? ansi : standard;
  return lex(text, hasEscapes ? rules.escaped : rules.plain);
}
