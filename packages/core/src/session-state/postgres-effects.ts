import { type EffectKind, isLongStatement } from "./effects.js";
import { TokenReader } from "./token-reader.js";

const CALLS = new Map<string, EffectKind>([
  ["nextval", "sequence-function"],
  ["setval", "sequence-function"],
  ["currval", "sequence-function"],
  ["lastval", "sequence-function"],
  ["setseed", "random-seed"],
  ["pg_advisory_lock", "advisory-lock"],
  ["pg_advisory_lock_shared", "advisory-lock"],
  ["pg_try_advisory_lock", "advisory-lock"],
  ["pg_try_advisory_lock_shared", "advisory-lock"],
]);
const SET_CONFIG = "set_config";
const SHORTEST_CALL = "setval".length;
const LONGEST_CALL = "pg_try_advisory_lock_shared".length;

/** The literals that PostgreSQL reads as true, as the third argument of `set_config`. */
const TRUE = /^(?:true|'(?:t|tr|tru|true|y|ye|yes|on|1)')$/i;

/** The parameter that `setseed()` also sets. */
const SEED = /^'seed'$/i;

/** How many of a statement's first tokens decide its kind. */
const HEAD_LENGTH = 6;

/** A call of `set_config` whose arguments are being read. */
interface SetConfigCall {
  readonly depth: number;
  argument: number;
  /** The first tokens of the third argument; two show that it is not a literal. */
  third: string[];
  /** Whether the parameter is `seed`. */
  setsSeed: boolean;
}

/**
 * The effects of a PostgreSQL text on its session, in order. An effect that the text leaves open counts. Effects of functions and
 * `DO` blocks inside the server are not found.
 *
 * @param hasBackslashEscapes true while `standard_conforming_strings` is off
 */
export function postgresEffects(text: string, hasBackslashEscapes = false): EffectKind[] {
  const effects: EffectKind[] = isLongStatement(text) ? ["long-statement"] : [];
  const reader = new TokenReader(text, { engine: "postgres", hasBackslashEscapes });
  let statement = new Statement();
  let depth = 0;
  let calls: SetConfigCall[] = [];
  while (reader.next()) {
    const symbol = reader.kind === "symbol" ? reader.initial : undefined;
    const call = calls.at(-1);
    if (call && depth >= call.depth) noteArgument(call, depth, symbol, reader);
    if (symbol === "(") {
      depth++;
      const name = reader.calledName(SHORTEST_CALL, LONGEST_CALL);
      const found = CALLS.get(name);
      if (found) effects.push(found);
      // U&"set\005fconfig": what the escapes stand for is left open.
      if (name.includes("\\")) effects.push("set");
      if (name === SET_CONFIG) calls.push({ depth, argument: 0, third: [], setsSeed: false });
    } else if (symbol === ")") {
      if (call && depth === call.depth) {
        effects.push(isLocal(call) ? "set-local" : "set");
        if (call.setsSeed) effects.push("random-seed");
        calls.pop();
      }
      depth--;
    } else if (symbol === ";" && depth <= 0) {
      statement.finish(effects);
      statement = new Statement();
      depth = 0;
      calls = [];
      continue;
    }
    statement.add(reader, symbol);
  }
  // The text ended within a call, which the server refuses.
  for (const _ of calls) effects.push("set");
  statement.finish(effects);
  return effects;
}

function noteArgument(
  call: SetConfigCall,
  depth: number,
  symbol: string | undefined,
  reader: TokenReader,
): void {
  if (depth === call.depth) {
    if (symbol === ",") {
      call.argument++;
      return;
    }
    if (symbol === ")") return;
  }
  if (call.argument === 0 && SEED.test(reader.written)) call.setsSeed = true;
  if (call.argument === 2 && call.third.length < 2) call.third.push(reader.written);
}

function isLocal({ argument, third }: SetConfigCall): boolean {
  return argument === 2 && third.length === 1 && TRUE.test(third[0] ?? "");
}

/** Reads one statement: its first tokens and a few later ones. */
class Statement {
  #head: string[] = [];
  #selectsIntoTemporary = false;
  #isInTemporarySchema = false;
  #isHeld = false;
  #endsWithTransaction = false;
  #updates = false;
  #setsParameter = false;

  add(reader: TokenReader, symbol: string | undefined): void {
    const head = this.#head;
    if (head.length < HEAD_LENGTH) {
      const token = symbol ?? (reader.isName ? reader.name : "?");
      // EXPLAIN ANALYZE runs the statement that follows, whose first word comes after options.
      if (head[0] === "explain" && EXPLAINED.has(token)) head.length = 0;
      head.push(token);
    } else if (head[0] === "explain" && EXPLAINED.has(reader.name)) {
      head.length = 0;
      head.push(reader.name);
    }
    if (symbol === ".") {
      if (isTemporarySchema(reader.previousName)) this.#isInTemporarySchema = true;
    } else if (symbol === undefined) {
      this.#addWord(reader);
    }
  }

  #addWord(reader: TokenReader): void {
    const length = reader.end - reader.start;
    if (!WORD_LENGTHS.has(length) || !SECOND_WORDS.has(reader.initial)) return;
    const { name } = reader;
    if (name === "temp" || name === "temporary" || isTemporarySchema(name)) {
      // INSERT INTO and MERGE INTO a table of that name.
      const isInserted = reader.beforePreviousName === "insert" || reader.beforePreviousName === "merge";
      if (reader.previousName === "into" && !isInserted) this.#selectsIntoTemporary = true;
    } else if (name === "update") {
      this.#updates = true;
    } else if (name === "pg_settings") {
      // UPDATE pg_settings is SET, by a rule of the server.
      if (this.#updates) this.#setsParameter = true;
    } else if (name === "hold") {
      if (reader.previousName === "with") this.#isHeld = true;
    } else if (name === "drop") {
      if (reader.previousName === "commit" && reader.beforePreviousName === "on")
        this.#endsWithTransaction = true;
    }
  }

  finish(effects: EffectKind[]): void {
    const found = this.#effect();
    if (found) effects.push(found);
    if (this.#setsSeed) effects.push("random-seed");
    if (this.#setsParameter) effects.push("set");
  }

  get #setsSeed(): boolean {
    const [command, second, third] = this.#head;
    return (
      command === "set" && (second === "seed" ? third !== "." : third === "seed" && SCOPES.has(second ?? ""))
    );
  }

  #effect(): EffectKind | undefined {
    const [command, second, third] = this.#head;
    switch (command) {
      case "set":
        // A parameter such as local.tenant.
        if (third === ".") return "set";
        if (second === "constraints" || second === "transaction") return undefined;
        return second === "local" ? "set-local" : "set";
      case "reset":
        return "set";
      case "prepare":
        // PREPARE TRANSACTION is the first phase of a two-phase commit.
        return second === "transaction" ? undefined : "prepare";
      case "execute":
        return "execute";
      case "deallocate":
        return "deallocate";
      case "discard":
        return "discard";
      case "declare":
        return this.#isHeld ? "cursor-with-hold" : "cursor";
      case "listen":
        return "listen";
      case "load":
        return "load-library";
      case "create":
        return this.#created();
      default:
        return this.#selectsIntoTemporary ? "temporary-object" : undefined;
    }
  }

  /** CREATE [OR REPLACE] [GLOBAL | LOCAL] TEMP ..., or an object in the schema pg_temp. */
  #created(): EffectKind | undefined {
    let at = 1;
    while (BEFORE_TEMPORARY.has(this.#head[at] ?? "")) at++;
    const word = this.#head[at];
    // Functions in pg_temp are found by their full name only, and AWS does not list them. Sequelize's findOrCreate makes one.
    if (word === "function" || word === "procedure") return undefined;
    if (word !== "temp" && word !== "temporary" && !this.#isInTemporarySchema) return undefined;
    return this.#endsWithTransaction ? "temporary-object-of-transaction" : "temporary-object";
  }
}

/** `pg_temp` stands for the session's own schema, `pg_temp_3` or the like. No other schema may begin with `pg_`. */
function isTemporarySchema(name: string): boolean {
  return name.startsWith("pg_temp");
}

const SCOPES: ReadonlySet<string> = new Set(["local", "session"]);
/** The initials of temp, temporary, pg_temp, pg_settings, update, hold and drop, and a quote. */
const SECOND_WORDS: ReadonlySet<string> = new Set([..."tTpPuUhHdD"].concat('"'));
/** Their lengths and those with quotes; 9 to 16 for the number of a temporary schema, which has up to 6 digits. */
const WORD_LENGTHS: ReadonlySet<number> = new Set([4, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16]);
const BEFORE_TEMPORARY: ReadonlySet<string> = new Set(["or", "replace", "global", "local"]);
const EXPLAINED: ReadonlySet<string> = new Set(["create", "declare", "execute", "select", "with"]);
