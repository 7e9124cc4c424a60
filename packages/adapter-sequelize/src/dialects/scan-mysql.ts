import type { BackslashReading } from "@rds-proxy/adapter-mysql2/driver";

/** `name` is quoted with backticks; `"` begins a name or a text, which depends on the SQL mode. */
type TokenKind = "word" | "number" | "name" | "text" | "double-quoted" | "placeholder" | "sign";

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** A word or number in upper case, a sign unchanged; empty for all others. */
  readonly text: string;
}

/** A longer word is not a keyword. */
const LONGEST_KEYWORD = 24;
const OPERATORS = ["<=>", "<=", ">=", "<>", "!=", ":=", "&&", "||", "->"];

/**
 * Splits a statement into tokens as MySQL and MariaDB do, in linear time.
 *
 * @returns undefined if servers, SQL modes or character sets read the statement differently, or if it is incomplete
 */
export function scanMysql(sql: string, backslash: BackslashReading): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const code = sql.charCodeAt(at);
    const end = isSpace(code) ? at + 1 : endOfComment(sql, at, code);
    if (end === undefined) return undefined;
    if (end !== at) {
      at = end;
      continue;
    }
    const token = readToken(sql, at, code, backslash);
    if (!token) return undefined;
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

/** The end of a comment that begins here; the start if none does; undefined if that depends on the server or session. */
function endOfComment(sql: string, start: number, code: number): number | undefined {
  if (code === 0x23) return endOfLine(sql, start);
  if (code === 0x2d && sql.charCodeAt(start + 1) === 0x2d) {
    // Which other characters may follow depends on the character set; `readToken` refuses those.
    const next = sql.charCodeAt(start + 2);
    return Number.isNaN(next) || isSpace(next) ? endOfLine(sql, start) : start;
  }
  if (code !== 0x2f || sql.charCodeAt(start + 1) !== 0x2a) return start;
  // Executable comments and optimizer hints.
  if (/^(?:[!+]|M!)/.test(sql.slice(start + 2, start + 4))) return undefined;
  const end = sql.indexOf("*/", start + 2);
  return end === -1 ? undefined : end + 2;
}

function endOfLine(sql: string, start: number): number | undefined {
  const newline = sql.indexOf("\n", start);
  const end = newline === -1 ? sql.length : newline + 1;
  return sql.slice(start, end).includes("\0") ? undefined : end;
}

function readToken(sql: string, start: number, code: number, backslash: BackslashReading): Token | undefined {
  switch (code) {
    case 0x27:
      return quoted(sql, start, "text", backslash);
    case 0x22:
      // With ANSI_QUOTES it is a name, in which a backslash is no escape.
      return quoted(sql, start, "double-quoted", "unknown");
    case 0x60:
      return quoted(sql, start, "name", "character");
    case 0x3f:
      return { kind: "placeholder", start, end: start + 1, text: "" };
  }
  if (isWordPart(code)) return readWord(sql, start, code);
  // A dollar sign may begin a quoted text; the meaning of control characters and others depends on the server and session.
  if (code < 0x21 || code > 0x7e || code === 0x24 || code === 0x5c) return undefined;
  const text = OPERATORS.find((operator) => sql.startsWith(operator, start)) ?? sql.charAt(start);
  return { kind: "sign", start, end: start + text.length, text };
}

function readWord(sql: string, start: number, code: number): Token {
  let end = start + 1;
  while (isWordPart(sql.charCodeAt(end)) || sql.charCodeAt(end) === 0x24) end++;
  const text = end - start > LONGEST_KEYWORD ? "" : sql.slice(start, end).toUpperCase();
  // Of the parts of words, digits come first in ASCII.
  return { kind: code <= 0x39 ? "number" : "word", start, end, text };
}

function quoted(sql: string, start: number, kind: TokenKind, backslash: BackslashReading): Token | undefined {
  const quote = sql.charCodeAt(start);
  for (let at = start + 1; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === 0x5c && backslash !== "character") {
      if (backslash === "unknown") return undefined;
      at++;
    } else if (code === quote) {
      if (sql.charCodeAt(at + 1) !== quote) return { kind, start, end: at + 1, text: "" };
      at++;
    }
  }
  return undefined;
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Letters, digits and the underscore of ASCII. */
function isWordPart(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f
  );
}
