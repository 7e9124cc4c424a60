/** The kinds of tokens. White space and comments yield none. */
export type TokenKind =
  /** A keyword, an unquoted name or a parameter. */
  | "word"
  /** A name in quotes; in MySQL also a string in double quotes, which `ANSI_QUOTES` turns into a name. */
  | "quoted-name"
  | "string"
  | "number"
  /** MySQL's `@name`. */
  | "user-variable"
  /** MySQL's `@@name`. */
  | "system-variable"
  /** The start of a comment that MySQL or MariaDB executes. Its content follows as tokens. */
  | "executable-comment"
  | "symbol";

/** The differences between the two lexical grammars. */
export interface Dialect {
  readonly engine: "postgres" | "mysql";
  /**
   * Whether a backslash escapes the next character in `'…'`. MySQL: unless `NO_BACKSLASH_ESCAPES` is set. PostgreSQL: only
   * while `standard_conforming_strings` is off.
   */
  readonly hasBackslashEscapes: boolean;
}

const SPACE = 1;
const WORD_START = 2;
const DIGIT = 4;
const WORD = WORD_START | DIGIT;

const CLASSES = new Uint8Array(128);
for (const code of [9, 10, 11, 12, 13, 32]) CLASSES[code] = SPACE;
for (const first of ["a", "A"]) {
  for (let index = 0; index < 26; index++) CLASSES[first.charCodeAt(0) + index] = WORD_START;
}
for (let code = 48; code < 58; code++) CLASSES[code] = DIGIT;
CLASSES["_".charCodeAt(0)] = WORD_START;

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const BACKTICK = 0x60;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const SLASH = 0x2f;
const STAR = 0x2a;
const HASH = 0x23;
const DOLLAR = 0x24;
const AMPERSAND = 0x26;
const AT = 0x40;
const BANG = 0x21;
const DOT = 0x2e;
/** A control character, which may follow the dashes of a comment like white space. */
const DELETE = 0x7f;

/**
 * Reads the tokens of a statement one by one, without allocating memory for them.
 *
 * An unterminated token ends with the text. Sources: "Lexical Structure" in PostgreSQL's documentation, "Language
 * Structure" in MySQL's manual.
 */
export class TokenReader {
  readonly text: string;
  readonly #isMysql: boolean;
  readonly #hasBackslashEscapes: boolean;
  #isInExecutableComment = false;
  /** The kind of the current token. */
  kind: TokenKind = "symbol";
  start = 0;
  end = 0;
  #previousStart = 0;
  #previousEnd = 0;

  constructor(text: string, { engine, hasBackslashEscapes }: Dialect) {
    this.text = text;
    this.#isMysql = engine === "mysql";
    this.#hasBackslashEscapes = hasBackslashEscapes;
  }

  /** Moves to the next token; false at the end of the text. */
  next(): boolean {
    const { text } = this;
    let at = this.end;
    this.#previousStart = this.start;
    this.#previousEnd = at;
    for (;;) {
      const code = text.charCodeAt(at);
      // NaN, beyond the end.
      if (Number.isNaN(code)) return false;
      const type = classOf(code);
      if (type === SPACE) {
        at++;
        continue;
      }
      this.start = at;
      if (type === WORD_START) return this.#word(at);
      if (type === DIGIT) return this.#number(at);
      const afterComment = this.#comment(code, at);
      if (afterComment === at) return this.#symbol(code, at);
      if (afterComment < 0) {
        this.#isInExecutableComment = true;
        return this.#token("executable-comment", -afterComment);
      }
      at = afterComment;
    }
  }

  /** The current token as it is written. */
  get written(): string {
    return this.text.slice(this.start, this.end);
  }

  /** Whether the current token is a name, a keyword or a variable. */
  get isName(): boolean {
    return this.kind !== "string" && this.kind !== "number" && this.kind !== "symbol";
  }

  /** The current token in lower case, without the quotes and escapes of a quoted name. */
  get name(): string {
    return this.#nameBetween(this.start, this.end);
  }

  /** The previous token in the same form; for a symbol, the symbol. */
  get previousName(): string {
    return this.#nameBetween(this.#previousStart, this.#previousEnd);
  }

  /**
   * The name before the current parenthesis; empty if it is longer. Names in quotes have two characters more; those with Unicode
   * escapes are of any length.
   */
  calledName(longest: number): string {
    const length = this.#previousEnd - this.#previousStart;
    const isLikely = length <= longest + 2 || isUnicodeName(this.text, this.#previousStart);
    return isLikely ? this.previousName : "";
  }

  /** The current token's first character; for a symbol, the symbol. */
  get initial(): string {
    return this.text.charAt(this.start);
  }

  #nameBetween(start: number, end: number): string {
    const { text } = this;
    const first = text.charCodeAt(start);
    if (end - start > 1 && isUnicodeName(text, start))
      return decodeUnicodeName(text, start, end).toLowerCase();
    const isQuoted = end - start > 1 && (first === DOUBLE_QUOTE || first === BACKTICK);
    return (isQuoted ? text.slice(start + 1, end - 1) : text.slice(start, end)).toLowerCase();
  }

  #token(kind: TokenKind, end: number): true {
    this.kind = kind;
    this.end = end;
    return true;
  }

  #word(at: number): true {
    const { text } = this;
    const end = endOfWord(text, at);
    // PostgreSQL's E'…'
    if (
      !this.#isMysql &&
      end === at + 1 &&
      text.charCodeAt(end) === QUOTE &&
      (text.charCodeAt(at) | 32) === 0x65
    ) {
      return this.#token("string", endOfContinued(text, end));
    }
    if (!this.#isMysql && isUnicodeName(text, at)) {
      return this.#token("quoted-name", endOfUnicodeName(text, at));
    }
    return this.#token("word", end);
  }

  #number(at: number): true {
    const { text } = this;
    let end = at + 1;
    while (classOf(text.charCodeAt(end)) === DIGIT || text.charCodeAt(end) === DOT) end++;
    // MySQL's unquoted names may begin with digits.
    if (!this.#isMysql || classOf(text.charCodeAt(end)) !== WORD_START) return this.#token("number", end);
    return this.#token("word", endOfWord(text, end));
  }

  /** The end of the comment that begins here; `at` if none does; negative if its content is executed. */
  #comment(code: number, at: number): number {
    const { text } = this;
    const following = text.charCodeAt(at + 1);
    if (code === DASH && following === DASH) {
      // MySQL requires white space or the end of the text after the dashes.
      const third = text.charCodeAt(at + 2);
      const isComment = !this.#isMysql || !(third > 32) || third === DELETE;
      return isComment ? endOfLine(text, at, !this.#isMysql) : at;
    }
    if (this.#isMysql && code === HASH) return endOfLine(text, at, false);
    if (this.#isInExecutableComment && code === STAR && following === SLASH) {
      this.#isInExecutableComment = false;
      return at + 2;
    }
    if (code !== SLASH || following !== STAR) return at;
    if (!this.#isMysql) return endOfNestedComment(text, at);
    const third = text.charCodeAt(at + 2);
    if (third === BANG) return -afterVersion(text, at + 3);
    if (third === 0x4d && text.charCodeAt(at + 3) === BANG) return -afterVersion(text, at + 4);
    const end = text.indexOf("*/", at + 2);
    return end === -1 ? text.length : end + 2;
  }

  #symbol(code: number, at: number): true {
    const { text } = this;
    if (code === QUOTE) {
      return this.#token("string", endOfQuoted(text, at, QUOTE, this.#hasBackslashEscapes));
    }
    if (code === DOUBLE_QUOTE) {
      return this.#token(
        "quoted-name",
        endOfQuoted(text, at, DOUBLE_QUOTE, this.#isMysql && this.#hasBackslashEscapes),
      );
    }
    if (this.#isMysql) {
      if (code === BACKTICK) return this.#token("quoted-name", endOfQuoted(text, at, BACKTICK, false));
      if (code === AT) return this.#variable(at);
      // Part of a name in MySQL.
      if (code === DOLLAR) return this.#token("word", endOfWord(text, at));
    } else if (code === DOLLAR) {
      return this.#dollar(at);
    }
    return this.#token("symbol", at + 1);
  }

  #variable(at: number): true {
    const { text } = this;
    const isSystem = text.charCodeAt(at + 1) === AT;
    const nameAt = isSystem ? at + 2 : at + 1;
    const code = text.charCodeAt(nameAt);
    const kind = isSystem ? "system-variable" : "user-variable";
    if (code === QUOTE || code === DOUBLE_QUOTE || code === BACKTICK) {
      const isEscaped = code !== BACKTICK && this.#hasBackslashEscapes;
      return this.#token(kind, endOfQuoted(text, nameAt, code, isEscaped));
    }
    let end = endOfWord(text, nameAt);
    // A user variable's name may hold dots; a system variable's scope and name are joined by one.
    while (text.charCodeAt(end) === DOT) end = endOfWord(text, end + 1);
    return this.#token(kind, end);
  }

  /** `$1`, or a string in dollar quotes, whose tags are case-sensitive. */
  #dollar(at: number): true {
    const { text } = this;
    const following = text.charCodeAt(at + 1);
    if (classOf(following) === DIGIT) return this.#token("word", endOfWord(text, at + 1));
    const tagEnd = following === DOLLAR ? at + 1 : endOfTag(text, at + 1);
    if (text.charCodeAt(tagEnd) !== DOLLAR) return this.#token("symbol", at + 1);
    const end = text.indexOf(text.slice(at, tagEnd + 1), tagEnd + 1);
    return this.#token("string", end === -1 ? text.length : end + tagEnd + 1 - at);
  }
}

function classOf(code: number): number {
  if (code < 128) return CLASSES[code] ?? 0;
  // Letters beyond ASCII; NaN, beyond the end, is none. A byte order mark and a no-break space are part of names, too.
  return code >= 128 ? WORD_START : 0;
}

function endOfWord(text: string, at: number): number {
  let end = at;
  for (;;) {
    const code = text.charCodeAt(end);
    if ((classOf(code) & WORD) === 0 && code !== DOLLAR) return end;
    end++;
  }
}

/** The end of a dollar quote's tag, which is a name without `$`. */
function endOfTag(text: string, at: number): number {
  if (classOf(text.charCodeAt(at)) !== WORD_START) return at;
  let end = at + 1;
  while ((classOf(text.charCodeAt(end)) & WORD) !== 0) end++;
  return end;
}

/** A carriage return ends a line in PostgreSQL only. */
function endOfLine(text: string, at: number, endsAtReturn: boolean): number {
  let end = at;
  for (;;) {
    const code = text.charCodeAt(end);
    if (Number.isNaN(code) || code === 10 || (endsAtReturn && code === 13)) return end;
    end++;
  }
}

/** A doubled quote is part of the string. */
function endOfQuoted(text: string, at: number, quote: number, isEscaped: boolean): number {
  const mark = String.fromCharCode(quote);
  let from = at + 1;
  for (;;) {
    const found = text.indexOf(mark, from);
    if (found === -1) return text.length;
    if (isEscaped && isEscapedAt(text, found)) {
      from = found + 1;
      continue;
    }
    if (text.charCodeAt(found + 1) !== quote) return found + 1;
    from = found + 2;
  }
}

/**
 * The end of PostgreSQL's E'…', which goes on in the next string if only white space with a line break and comments of one
 * line are between them.
 */
function endOfContinued(text: string, at: number): number {
  let end = endOfQuoted(text, at, QUOTE, true);
  for (;;) {
    let next = end;
    let hasBreak = false;
    for (;;) {
      const code = text.charCodeAt(next);
      if (classOf(code) === SPACE) {
        hasBreak ||= code === 10 || code === 13;
        next++;
      } else if (code === DASH && text.charCodeAt(next + 1) === DASH) {
        next = endOfLine(text, next, true);
      } else break;
    }
    if (!hasBreak || text.charCodeAt(next) !== QUOTE) return end;
    end = endOfQuoted(text, next, QUOTE, true);
  }
}

/** Whether PostgreSQL's U&"…" begins here. No other token begins so. */
function isUnicodeName(text: string, at: number): boolean {
  return (
    text.charCodeAt(at + 1) === AMPERSAND &&
    text.charCodeAt(at + 2) === DOUBLE_QUOTE &&
    (text.charCodeAt(at) | 32) === 0x75
  );
}

/** The end of U&"…", with UESCAPE '!' if it follows. */
function endOfUnicodeName(text: string, at: number): number {
  const end = endOfQuoted(text, at + 2, DOUBLE_QUOTE, false);
  const wordAt = afterSpaceAndComments(text, end);
  const wordEnd = wordAt + "uescape".length;
  if (text.slice(wordAt, wordEnd).toLowerCase() !== "uescape") return end;
  const markAt = afterSpaceAndComments(text, wordEnd);
  const isMark = text.charCodeAt(markAt) === QUOTE && text.charCodeAt(markAt + 2) === QUOTE;
  return isMark ? markAt + 3 : end;
}

function afterSpaceAndComments(text: string, at: number): number {
  let end = at;
  for (;;) {
    const code = text.charCodeAt(end);
    const following = text.charCodeAt(end + 1);
    if (classOf(code) === SPACE) end++;
    else if (code === DASH && following === DASH) end = endOfLine(text, end, true);
    else if (code === SLASH && following === STAR) end = endOfNestedComment(text, end);
    else return end;
  }
}

/** The name that U&"…" stands for: `\0061` and `\+000061` are characters, with another mark after UESCAPE. */
function decodeUnicodeName(text: string, start: number, end: number): string {
  const quoteEnd = endOfQuoted(text, start + 2, DOUBLE_QUOTE, false);
  const mark = end > quoteEnd ? text.charAt(end - 2) : "\\";
  let name = "";
  for (let at = start + 3; at < quoteEnd - 1; ) {
    if (text.charAt(at) !== mark) {
      name += text.charAt(at++);
      continue;
    }
    const digitsAt = text.charAt(at + 1) === "+" ? at + 2 : at + 1;
    const digitsEnd = digitsAt + (digitsAt === at + 2 ? 6 : 4);
    const code = Number.parseInt(text.slice(digitsAt, digitsEnd), 16);
    // A doubled mark stands for itself.
    const isCharacter = code <= 0x10_ffff;
    name += isCharacter ? String.fromCodePoint(code) : mark;
    at = isCharacter ? digitsEnd : at + 2;
  }
  return name;
}

/** Whether an odd number of backslashes directly precedes. */
function isEscapedAt(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

function endOfNestedComment(text: string, at: number): number {
  let depth = 1;
  let from = at + 2;
  // Each is searched again only behind the one that was read: otherwise many comments in each other take quadratic time.
  let end = text.indexOf("*/", from);
  let inner = text.indexOf("/*", from);
  while (end !== -1) {
    const opens = inner !== -1 && inner < end;
    depth += opens ? 1 : -1;
    from = (opens ? inner : end) + 2;
    if (depth === 0) return from;
    if (end < from) end = text.indexOf("*/", from);
    if (inner !== -1 && inner < from) inner = text.indexOf("/*", from);
  }
  return text.length;
}

/** The digits are the first version that executes the content. Here it counts as executed by every version. */
function afterVersion(text: string, at: number): number {
  let end = at;
  while (classOf(text.charCodeAt(end)) === DIGIT) end++;
  return end;
}
