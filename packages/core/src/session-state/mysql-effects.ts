import { type EffectKind, isLongStatement } from "./effects.js";
import { createsProgram, MysqlProgram } from "./mysql-program.js";
import { MysqlSet } from "./mysql-set.js";
import { TokenReader } from "./token-reader.js";

const CALLS = new Map<string, EffectKind>([
  ["get_lock", "named-lock"],
  ["row_count", "row-count"],
  ["found_rows", "row-count"],
]);
const LONGEST_CALL = "found_rows".length;

/** How many of a statement's first tokens decide its kind. */
const HEAD_LENGTH = 4;

/** The first words of compound statements and of their parts. */
const COMPOUND: ReadonlySet<string | undefined> = new Set([
  "begin",
  "if",
  "case",
  "when",
  "else",
  "elseif",
  "elsif",
  "exception",
  "loop",
  "while",
  "repeat",
  "for",
]);
/** A statement follows these words in them. */
const BEFORE_STATEMENT: ReadonlySet<string> = new Set(["atomic", "then", "else", "do", "loop", "repeat"]);

/**
 * The statements among these whose first word decides their effects can follow the conditions of DECLARE ... HANDLER FOR, also in a
 * block. The server refuses USE and LOCK there.
 */
const HANDLING: ReadonlySet<string> = new Set([
  ...["set", "call", "get", "prepare", "execute", "flush", "create"],
]);

/** CALL, LOAD DATA and GET DIAGNOSTICS can assign each user variable that they name. */
const WRITING: ReadonlySet<string | undefined> = new Set(["call", "load", "get"]);

/**
 * The effects of a MySQL or MariaDB text on its session, in order. An effect that the text leaves open counts. Effects of stored
 * procedures and functions inside the server are not found.
 *
 * @param hasBackslashEscapes false while the SQL mode `NO_BACKSLASH_ESCAPES` is set
 */
export function mysqlEffects(text: string, hasBackslashEscapes = true): EffectKind[] {
  const effects: EffectKind[] = isLongStatement(text) ? ["long-statement"] : [];
  const reader = new TokenReader(text, { engine: "mysql", hasBackslashEscapes });
  let statement = new Statement(effects);
  let program: MysqlProgram | undefined;
  let depth = 0;
  /** The first end of a comment after the start of the last executable one, which ends there if nothing in it hides that. */
  let commentEnd = 0;
  while (reader.next()) {
    if (reader.kind === "executable-comment") {
      effects.push("executable-comment");
      // It is not searched again for each comment that starts before it.
      if (commentEnd < reader.end) {
        const end = text.indexOf("*/", reader.end);
        commentEnd = end === -1 ? Number.POSITIVE_INFINITY : end;
      }
      continue;
    }
    // A server of another version skips the comment, and reads what follows its end, which is in a string here.
    if (reader.start < commentEnd && reader.end > commentEnd) effects.push("set-variable");
    const symbol = reader.kind === "symbol" ? reader.initial : undefined;
    if (program && !(symbol === ";" && program.isComplete)) {
      program.add(reader, symbol);
      continue;
    }
    if (symbol === "(") {
      depth++;
      const found = CALLS.get(reader.calledName(LONGEST_CALL));
      if (found) effects.push(found);
    } else if (symbol === ")") {
      depth--;
    } else if (symbol === ";") {
      statement.finish();
      statement = new Statement(effects);
      program = undefined;
      depth = 0;
      continue;
    }
    // The parts of compound statements that end without a semicolon have no effect of their own.
    if (depth === 0 && statement.isFollowedBy(reader)) {
      statement = new Statement(effects);
    }
    statement.add(reader, symbol, depth);
    if (statement.createsProgram) program = new MysqlProgram();
    if (depth === 0 && statement.isFollowedByStatement(reader)) {
      statement = new Statement(effects);
    }
  }
  statement.finish();
  return effects;
}

/** Reads one statement: its first tokens and its assignments. */
class Statement {
  readonly #effects: EffectKind[];
  readonly #head: string[] = [];
  /** Of a SET statement. */
  #set: MysqlSet | undefined;
  /** Whether the last word was INTO. */
  #isAfterInto: boolean | undefined;
  /** Undefined until a word decides it. */
  #createsProgram: boolean | undefined;
  /** What FLUSH locks. */
  #flushed: EffectKind | undefined;

  constructor(effects: EffectKind[]) {
    this.#effects = effects;
  }

  add(reader: TokenReader, symbol: string | undefined, depth: number): void {
    this.#addToHead(reader, symbol, depth);
    if (reader.kind === "user-variable") {
      // SELECT ... INTO @a, @b
      if (this.#isAfterInto || WRITING.has(this.#head[0])) this.#effects.push("set-variable");
    } else if (symbol === undefined) {
      this.#addWord(reader);
    } else if (symbol === ":" && reader.previousName.startsWith("@")) {
      // @a := 1
      if (!this.#set?.isAssigning) this.#effects.push("set-variable");
    }
  }

  /** Whether the statement creates a stored program, whose body follows. */
  get createsProgram(): boolean {
    return this.#createsProgram === true;
  }

  /** Whether the present token begins another statement, before it is added to this one. */
  isFollowedBy(reader: TokenReader): boolean {
    const [first, second, third] = this.#head;
    // BEGIN within a compound statement of MariaDB, and under the SQL mode ORACLE. After BEGIN [WORK] no statement follows.
    if (first === "begin" && second === undefined) return reader.name !== "not";
    return first === "declare" && third === "handler" && reader.kind === "word" && HANDLING.has(reader.name);
  }

  /** Whether the present word ends a part of a compound statement of MariaDB, or the settings of SET STATEMENT. */
  isFollowedByStatement(reader: TokenReader): boolean {
    if (reader.kind !== "word") return false;
    const [first, second] = this.#head;
    if (first === "set") return second === "statement" && reader.name === "for";
    return COMPOUND.has(first) && BEFORE_STATEMENT.has(reader.name);
  }

  finish(): void {
    // One by one: a spread of very many exceeds the stack.
    for (const effect of this.#set?.effects() ?? []) this.#effects.push(effect);
    const found = this.#effectOfCommand();
    if (found) this.#effects.push(found);
  }

  #addToHead(reader: TokenReader, symbol: string | undefined, depth: number): void {
    if (this.#head.length === HEAD_LENGTH && !this.#set) return;
    // The labels `name:` and, under the SQL mode ORACLE, `<<name>>`.
    const isLabel = symbol === ":" ? this.#head.length === 1 : symbol === ">" && isOracleLabel(this.#head);
    if (isLabel && !this.#set) {
      this.#head.length = 0;
      return;
    }
    const token = symbol ?? reader.name;
    this.#set?.add(token, reader.kind, depth);
    if (this.#head.length === 0 && token === "set") this.#set = new MysqlSet();
    if (this.#head.length < HEAD_LENGTH) this.#head.push(token);
  }

  #addWord(reader: TokenReader): void {
    // By its length a name in quotes is another word.
    this.#isAfterInto = reader.end - reader.start === 4 && reader.name === "into";
    const [command] = this.#head;
    if (
      this.#createsProgram === undefined &&
      reader.kind === "word" &&
      (command === "create" || command === "alter")
    )
      this.#createsProgram = createsProgram(reader.name);
    if (command !== "flush") return;
    if (reader.name === "read") this.#flushed = "lock-tables";
    if (reader.name === "export") this.#flushed = "backup-lock";
  }

  #effectOfCommand(): EffectKind | undefined {
    const [command, second, , fourth] = this.#head;
    switch (command) {
      case "use":
        return "use-database";
      case "prepare":
        return "prepare-text";
      case "execute":
        return second === "immediate" ? "prepare-text" : "execute-text";
      case "lock":
        return second === "instance" ? "backup-lock" : "lock-tables";
      case "backup":
        return "backup-lock";
      case "handler":
        return "handler";
      case "create":
        // CREATE [OR REPLACE] TEMPORARY
        return second === "temporary" || fourth === "temporary" ? "temporary-table" : undefined;
      default:
        return this.#flushed;
    }
  }
}

function isOracleLabel([first]: readonly string[]): boolean {
  return first === undefined || first === "<";
}
