/** The kinds of tokens. Comments and white space yield no tokens. */
type TokenKind =
  /** A keyword or an unquoted name. */
  | "word"
  /** A quoted name. */
  | "identifier"
  /** A string literal, dollar quotes included. */
  | "string"
  | "number"
  /** A placeholder for a bound value. */
  | "parameter"
  /** MySQL's `@name` and `@@name`. */
  | "variable"
  /** A comment of MySQL or MariaDB that the server executes. */
  | "executable-comment"
  | "symbol";

/** A token of a statement. */
export interface Token {
  readonly kind: TokenKind;
  /** The text as written, but words and variables in lower case. */
  readonly text: string;
  /** Whether white space or a comment comes before it. */
  readonly isSpaced: boolean;
}

/** Returns the end of the token that begins at `at`; `at` itself when none begins there. */
type Measure = (text: string, at: number) => number;

/** The patterns of a dialect; the first that matches wins. Regular expressions have to be sticky. */
export type LexicalRules = readonly (readonly [kind: TokenKind | "space", pattern: RegExp | Measure])[];

/** Splits a text into tokens. The text may end in the middle of a token. */
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

export function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === "symbol" && token.text === text;
}

/** Whether this is one of the words, unquoted; `words` are in lower case. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === "word" && words.includes(token.text);
}

/** The name that a word or a quoted name stands for; `undefined` for other tokens. */
export function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === "word") return token.text;
  return token?.kind === "identifier" ? token.text.slice(1, -1) : undefined;
}

/** Splits a list, or the arguments of a call, at its top-level commas. Ends at the closing parenthesis of the call. */
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
