/** What a stretch of a statement is. Comments and white space are none of these. */
export type TokenKind =
  /** A keyword or a name without quotes. */
  | "word"
  /** A name in quotes. */
  | "identifier"
  /** A literal text, dollar quotes and the like included. */
  | "string"
  | "number"
  /** A place for a bound value. */
  | "parameter"
  /** MySQL's `@name` and `@@name`. */
  | "variable"
  /** MySQL's and MariaDB's comments that the server runs. */
  | "executable-comment"
  | "symbol";

/** A stretch of a statement that means something. */
export interface Token {
  readonly kind: TokenKind;
  /** As written; words and variables in lower case. */
  readonly text: string;
  /** Whether white space or a comment comes before it. */
  readonly isSpaced: boolean;
}

/** Tells where a stretch that begins at `at` ends; `at` itself when none begins there. */
export type Measure = (text: string, at: number) => number;

/** The kinds of a dialect with what tells them, the first that fits wins. Regular expressions are sticky. */
export type LexicalRules = readonly (readonly [kind: TokenKind | "space", pattern: RegExp | Measure])[];

/** Cuts a text, which may end in the middle of anything, into tokens. */
export function lex(text: string, rules: LexicalRules): Token[] {
  const tokens: Token[] = [];
  let isSpaced = false;
  for (let at = 0; at < text.length; ) {
    const [kind, end] = nextStretch(text, at, rules);
    if (kind === "space") {
      isSpaced = true;
    } else {
      const written = text.slice(at, end);
      const isName = kind === "word" || kind === "variable";
      tokens.push({ kind, text: isName ? written.toLowerCase() : written, isSpaced });
      isSpaced = false;
    }
    at = end;
  }
  return tokens;
}

/** The statements that a text consists of, without the semicolons; empty ones are left out. */
export function splitStatements(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (isSymbol(token, ";")) statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements.filter((statement) => statement.length > 0);
}

export function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === "symbol" && token.text === text;
}

/** Whether this is one of the words, in lower case, without quotes. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === "word" && words.includes(token.text);
}

/** The name that a word or a name in quotes stands for; `undefined` for anything else. */
export function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === "word") return token.text;
  return token?.kind === "identifier" ? token.text.slice(1, -1) : undefined;
}

/** The parts between top-level commas, of a list or of what a call's parentheses hold. */
export function splitList(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, "(")) depth += 1;
    if (isSymbol(token, ")")) depth -= 1;
    if (depth < 0) break;
    if (depth === 0 && isSymbol(token, ",")) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function nextStretch(text: string, at: number, rules: LexicalRules): [TokenKind | "space", number] {
  for (const [kind, pattern] of rules) {
    const end = measure(pattern, text, at);
    if (end > at) return [kind, end];
  }
  return ["symbol", at + 1];
}

function measure(pattern: RegExp | Measure, text: string, at: number): number {
  if (typeof pattern === "function") return pattern(text, at);
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
