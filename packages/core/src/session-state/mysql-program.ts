import type { TokenReader } from "./token-reader.js";

const PROGRAMS: ReadonlySet<string> = new Set(["procedure", "function", "trigger", "event"]);
/**
 * What else CREATE makes that can call functions. A later word such as `event` is then a name or a part of its definition. What
 * CREATE INDEX, USER and the like hold has no effects, so that it does not matter for what they are taken.
 */
const OTHER_OBJECTS: ReadonlySet<string> = new Set(["table", "view"]);

/**
 * Whether CREATE or ALTER with this word begins a stored program; undefined if a later word decides. Of the programs, ALTER gives a
 * body only to an event.
 */
export function createsProgram(word: string): boolean | undefined {
  if (PROGRAMS.has(word)) return true;
  return OTHER_OBJECTS.has(word) ? false : undefined;
}

/** Blocks that END and the same word close. */
const BLOCKS: ReadonlySet<string> = new Set(["if", "case", "loop", "while", "repeat", "for"]);
/** A statement of a block follows these. */
const BEFORE_STATEMENT: ReadonlySet<string> = new Set([
  ...[";", ":", "begin", "then", "else", "do", "loop", "repeat"],
]);
/** The body can follow these words, the parameters and a string. */
const BEFORE_BODY: ReadonlySet<string> = new Set([
  ...[")", "'", "row", "do", "sql", "data", "deterministic", "definer", "invoker"],
]);
/** `begin` after these is a name. */
const BEFORE_NAME: ReadonlySet<string> = new Set([
  ...["select", "distinct", "from", "where", "having", "and", "or", "not", "by", "on", "set", "in", "as"],
  ...["like", "between", "when", "into", "return"],
]);

/**
 * Finds the end of a stored program, whose body the server keeps and does not run. What is ambiguous counts as the program's
 * end, so that no statement after it is missed.
 */
export class MysqlProgram {
  /** The blocks that are open; true for CASE within an expression. */
  readonly #blocks: boolean[] = [];
  #previous = "";

  /** Whether a semicolon ends the program. */
  get isComplete(): boolean {
    return this.#blocks.length === 0;
  }

  add(reader: TokenReader, symbol: string | undefined): void {
    // A string, also in double quotes, can be a comment before the body.
    const token = symbol ?? (reader.kind === "word" ? reader.name : "'");
    const previous = this.#previous;
    const isInExpression = this.#blocks.at(-1) === true;
    const isFirst = this.#blocks.length === 0 ? BEFORE_BODY.has(previous) : BEFORE_STATEMENT.has(previous);
    // DO as a statement evaluates expressions.
    this.#previous = token === "do" && isFirst ? "" : token;
    if (previous === ".") return;
    if (previous === "end" && BLOCKS.has(token)) return;
    if (token === "end") {
      if (previous !== "xa") this.#blocks.pop();
    } else if (token === "case") {
      this.#blocks.push(isInExpression || !isFirst);
    } else if (token === "begin") {
      if (!isInExpression && this.#opensBlock(previous)) this.#blocks.push(false);
    } else if (BLOCKS.has(token) && isFirst && !isInExpression) {
      // SELECT ... WHERE a IN (1) FOR UPDATE
      if (token !== "for" || this.#blocks.length > 0) this.#blocks.push(false);
    }
  }

  #opensBlock(previous: string): boolean {
    // ORACLE's CREATE PROCEDURE ... AS BEGIN
    if (this.#blocks.length === 0 && previous === "as") return true;
    return /[\w');:]/.test(previous) && !BEFORE_NAME.has(previous);
  }
}
