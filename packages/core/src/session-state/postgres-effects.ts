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
const LONGEST_CALL = "pg_try_advisory_lock_shared".length;

/** The literals that PostgreSQL reads as true, as the third argument of `set_config`. */
const TRUE = /^(?:true|'(?:t|tr|tru|true|y|ye|yes|on|1)')$/i;

/** The parameter that `setseed()` also sets, also as E'seed'. */
const SEED = /'seed'/i;

/** How many of a statement's first tokens decide its kind. */
const HEAD_LENGTH = 6;

/** A call of `set_config` whose arguments are being read. */
interface SetConfigCall {
  readonly depth: number;
  argument: number;
  /** The tokens of the third argument. */
  third: string;
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
    if (call) noteArgument(call, depth, symbol, reader);
    if (symbol === "(") {
      depth++;
      if (statement.createsFunction) continue;
      const name = reader.calledName(LONGEST_CALL);
      const found = CALLS.get(name);
      if (found) effects.push(found);
      if (name === SET_CONFIG) calls.push({ depth, argument: 0, third: "", setsSeed: false });
    } else if (symbol === ")") {
      if (call && depth === call.depth) {
        effects.push(TRUE.test(call.third) ? "set-local" : "set");
        if (call.setsSeed) effects.push("random-seed");
        calls.pop();
      }
      depth--;
    } else if (symbol === ";" && !statement.isInBody) {
      statement.finish(effects);
      statement = new Statement();
      depth = 0;
      calls = [];
      continue;
    }
    statement.add(reader, symbol);
  }
  // The text ended within a call: the server refuses it, or it is the part of a text that source code shows.
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
  if (call.argument === 2) call.third += reader.written;
}

/** Reads one statement: its first tokens and a few later ones. */
class Statement {
  #head: string[] = [];
  /** What the last tokens were: INTO [LOCAL | GLOBAL], INTO TABLE, INTO TEMP or INTO and a name. */
  #into: "into" | "table" | "temporary" | "name" | undefined;
  #selectsIntoTemporary = false;
  #isInTemporarySchema = false;
  #isHeld = false;
  #endsWithTransaction = false;
  #updates = false;
  #setsParameter = false;
  /** Whether EXPLAIN has the option ANALYZE, and so runs what follows. */
  #analyzes = false;
  #isOnlyExplained = false;
  #createsFunction = false;
  /** BEGIN ATOMIC and CASE of a function that are open. */
  #blocks = 0;

  /** Whether the statement creates a function or a procedure, which does not run it. */
  get createsFunction(): boolean {
    return this.#createsFunction;
  }

  get isInBody(): boolean {
    return this.#blocks > 0;
  }

  add(reader: TokenReader, symbol: string | undefined): void {
    this.#addToHead(reader, symbol);
    if (this.#createsFunction) {
      if (reader.kind === "word") this.#addToBody(reader);
      return;
    }
    if (this.#into) this.#addAfterInto(this.#into, reader);
    if (symbol === ".") {
      if (isTemporarySchema(reader.previousName)) this.#isInTemporarySchema = true;
    } else {
      this.#addWord(reader);
    }
  }

  #addToHead(reader: TokenReader, symbol: string | undefined): void {
    const head = this.#head;
    // The options of EXPLAIN are of any length.
    if (head.length === HEAD_LENGTH && head[0] !== "explain") return;
    const token = symbol ?? reader.name;
    this.#explain(token);
    head.push(token);
    this.#createsFunction ||= FUNCTIONS.has(token) && createsFunction(head);
  }

  /** EXPLAIN ANALYZE runs the statement that follows, whose first word comes after options; EXPLAIN does not. */
  #explain(token: string): void {
    const head = this.#head;
    if (head[0] !== "explain") return;
    if (token === "analyze" || token === "analyse") this.#analyzes = true;
    if (!EXPLAINED.has(token)) return;
    this.#isOnlyExplained = !this.#analyzes;
    head.length = 0;
  }

  #addToBody(reader: TokenReader): void {
    const { name, previousName } = reader;
    // A label, or a column of a composite type.
    if (previousName === "as" || previousName === ".") return;
    if (name === "atomic" && previousName === "begin") this.#blocks++;
    else if (name === "case") this.#blocks++;
    else if (name === "end") this.#blocks--;
  }

  /** SELECT ... INTO [LOCAL | GLOBAL] TEMP [TABLE] name, or INTO [TABLE] pg_temp.name; `INTO temp` makes a table of that name. */
  #addAfterInto(into: string, reader: TokenReader): void {
    this.#into = undefined;
    if (!reader.isName) {
      if (isTemporarySchema(reader.previousName)) this.#selectsIntoTemporary = true;
      return;
    }
    const word = reader.kind === "word" ? reader.name : undefined;
    if (into === "temporary") {
      if (!AFTER_INTO.has(word)) this.#selectsIntoTemporary = true;
    } else if (into === "table") {
      this.#into = "name";
    } else if (into === "into") {
      if (word === "temp" || word === "temporary") this.#into = "temporary";
      else if (word === "local" || word === "global") this.#into = "into";
      else this.#into = word === "table" ? "table" : "name";
    }
  }

  #addWord(reader: TokenReader): void {
    if (!SECOND_WORDS.has(reader.initial)) return;
    const { name } = reader;
    if (name === "into") {
      // INSERT INTO and MERGE INTO name a table that exists.
      const isInserted = reader.previousName === "insert" || reader.previousName === "merge";
      if (reader.kind === "word" && !isInserted) this.#into = "into";
    } else if (name === "update") {
      this.#updates = true;
    } else if (name === "pg_settings") {
      // UPDATE pg_settings is SET, by a rule of the server.
      if (this.#updates) this.#setsParameter = true;
    } else if (name === "hold") {
      if (reader.previousName === "with") this.#isHeld = true;
    } else if (name === "drop") {
      if (reader.previousName === "commit") this.#endsWithTransaction = true;
    }
  }

  finish(effects: EffectKind[]): void {
    const found = this.#isOnlyExplained ? undefined : this.#effect();
    if (found) effects.push(found);
    if (this.#setsSeed) effects.push("random-seed");
    if (this.#setsParameter) effects.push("set");
  }

  get #setsSeed(): boolean {
    const [command, second, third, fourth] = this.#head;
    if (command !== "set") return false;
    // A parameter such as seed.x is another one.
    return SCOPES.has(second) ? third === "seed" && fourth !== "." : second === "seed" && third !== ".";
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
    while (BEFORE_TEMPORARY.has(this.#head[at])) at++;
    const [word, schema = "", dot] = this.#head.slice(at);
    if (this.#createsFunction)
      return isTemporarySchema(schema) && dot === "." ? "temporary-function" : undefined;
    if (word !== "temp" && word !== "temporary" && !this.#isInTemporarySchema) return undefined;
    return this.#endsWithTransaction ? "temporary-object-of-transaction" : "temporary-object";
  }
}

/** `pg_temp` stands for the session's own schema, `pg_temp_3` or the like. No other schema may begin with `pg_`. */
function isTemporarySchema(name: string): boolean {
  return name.startsWith("pg_temp");
}

const SCOPES: ReadonlySet<string | undefined> = new Set(["local", "session"]);
/** The initials of pg_settings, update, hold, drop and into, and a quote. */
const SECOND_WORDS: ReadonlySet<string> = new Set([..."pPuUhHdDiI"].concat('"'));
const BEFORE_TEMPORARY: ReadonlySet<string | undefined> = new Set(["or", "replace", "global", "local"]);
const EXPLAINED: ReadonlySet<string> = new Set(["create", "declare", "execute", "select"]);
/** What can follow the table of SELECT ... INTO. */
const AFTER_INTO: ReadonlySet<string | undefined> = new Set([
  ...["from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for"],
  ...["union", "intersect", "except"],
]);
const FUNCTIONS: ReadonlySet<string> = new Set(["function", "procedure"]);

/**
 * CREATE [OR REPLACE] FUNCTION. Functions in pg_temp are found by their full name only, and AWS does not list them. Sequelize's
 * findOrCreate makes one.
 */
function createsFunction(head: readonly string[]): boolean {
  return head[0] === "create" && (head.length === 2 || (head.length === 4 && head[1] === "or"));
}
