import type { PostgresPinRule } from "../pinning/postgres-pin-rules.js";
import { isSymbol, isWord, nameOf, splitList, type Token } from "../statements/lex.js";
import { nameAt } from "./names.js";
import { splitStatements } from "./split-statements.js";

const sequenceFunctions = new Set(["nextval", "setval", "currval", "lastval"]);
const advisoryLocks = new Set([
  "pg_advisory_lock",
  "pg_advisory_lock_shared",
  "pg_try_advisory_lock",
  "pg_try_advisory_lock_shared",
]);

// Object ids in PostgreSQL's catalog pg_proc, the same in all versions.
const ruleByFunctionId: ReadonlyMap<number, PostgresPinRule> = new Map([
  // set_config
  [2078, "set"],
  // nextval, currval, setval with two and with three arguments, lastval
  ...[1574, 1575, 1576, 1765, 2559].map((id) => [id, "sequence-function"] as const),
  // pg_advisory_lock, pg_advisory_lock_shared, and the same with pg_try_, with one and with two arguments
  ...[2880, 2881, 2882, 2883, 2886, 2887, 2888, 2889].map((id) => [id, "advisory-lock"] as const),
]);

// How many tokens of a call's arguments are read. A limit, since calls can nest as deep as the text is long.
const readArguments = 256;

/** The rules that apply to a text, in the order of its statements. */
export function findPostgresPins(tokens: readonly Token[]): readonly PostgresPinRule[] {
  return splitStatements(tokens).flatMap(rulesOfStatement);
}

/** The rule that applies to a FunctionCall message, by the function's object id. */
export function findFunctionPin(functionId: number): PostgresPinRule | undefined {
  return ruleByFunctionId.get(functionId);
}

function rulesOfStatement(statement: readonly Token[]): PostgresPinRule[] {
  // What a function does is not seen, neither where it is created nor where it is called.
  if (createsFunction(statement)) return [];
  const run = isWord(statement[0], "explain") ? explained(statement) : statement;
  const rule = run && ruleOfCommand(run);
  const rules = rule === undefined ? [] : [rule];
  if (updatesSettings(statement)) rules.push("set");
  return [...rules, ...rulesOfCalls(statement)];
}

function createsFunction([first, second, third, fourth]: readonly Token[]): boolean {
  if (!isWord(first, "create")) return false;
  const isReplacing = isWord(second, "or") && isWord(third, "replace");
  return isWord(isReplacing ? fourth : second, "function", "procedure");
}

// EXPLAIN ANALYZE runs the statement: EXPLAIN ANALYZE [VERBOSE] …, EXPLAIN (ANALYZE, …) …
function explained(statement: readonly Token[]): readonly Token[] | undefined {
  if (!isWord(statement[0], "explain")) return undefined;
  const start = statement.findIndex((token) =>
    isWord(token, "create", "declare", "execute", "select", "with"),
  );
  const runs = statement.slice(0, Math.max(0, start)).some((token) => isWord(token, "analyze", "analyse"));
  return runs ? statement.slice(start) : undefined;
}

function ruleOfCommand(statement: readonly Token[]): PostgresPinRule | undefined {
  const [command, second] = statement;
  if (command?.kind !== "word") return undefined;
  switch (command.text) {
    case "set":
      if (isWord(second, "local")) return "set-local";
      return isWord(second, "transaction") ? "set-transaction" : "set";
    case "reset":
      return "set";
    case "prepare":
      // PREPARE TRANSACTION, the first phase of a two-phase commit.
      return isWord(second, "transaction") ? undefined : "prepare";
    case "execute":
    case "deallocate":
      return "prepare";
    case "discard":
      return "discard";
    case "declare":
      return "declare-cursor";
    case "listen":
      return "listen";
    case "load":
      return "load-library";
    case "create":
      return createsTemporary(statement) ? "temporary-object" : undefined;
    default:
      return selectsIntoTemporary(statement) ? "temporary-object" : undefined;
  }
}

// CREATE [OR REPLACE] [GLOBAL | LOCAL] TEMP ..., or an object in the schema pg_temp.
function createsTemporary(statement: readonly Token[]): boolean {
  const kind = statement.find(
    (token, index) => index > 0 && !isWord(token, "or", "replace", "global", "local"),
  );
  return isTemporary(kind) || statement.some((_, index) => isInTemporarySchema(statement, index));
}

function isTemporary(token: Token | undefined): boolean {
  return isWord(token, "temp", "temporary");
}

function isInTemporarySchema(statement: readonly Token[], index: number): boolean {
  return isSymbol(statement[index + 1], ".") && nameAt(statement, index) === "pg_temp";
}

// SELECT ... INTO [GLOBAL | LOCAL] TEMP name, INTO [TABLE] pg_temp.name; not INSERT INTO or MERGE INTO a table of that name.
function selectsIntoTemporary(statement: readonly Token[]): boolean {
  return statement.some((token, index) => {
    if (!isWord(token, "into") || isWord(statement[index - 1], "insert", "merge")) return false;
    const at = isWord(statement[index + 1], "global", "local", "table") ? index + 2 : index + 1;
    // U&"…" UESCAPE '!'
    const nameEnd = isWord(statement[at + 1], "uescape") ? at + 2 : at;
    return (
      isInTemporarySchema(statement, nameEnd) || (isTemporary(statement[at]) && isName(statement[at + 1]))
    );
  });
}

// Without a name, `INTO temp` is a permanent table of that name.
function isName(token: Token | undefined): boolean {
  return nameOf(token) !== undefined && !isWord(token, ...afterInto);
}

// What can follow the table of SELECT ... INTO.
const afterInto = [
  ...["from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for"],
  ...["union", "intersect", "except"],
];

// UPDATE [ONLY] [pg_catalog.]pg_settings: by a rule of the server it is SET.
function updatesSettings(statement: readonly Token[]): boolean {
  return statement.some((token, index) => {
    if (!isWord(token, "update")) return false;
    let at = isWord(statement[index + 1], "only") ? index + 2 : index + 1;
    if (isSymbol(statement[at + 1], ".")) at += 2;
    return nameAt(statement, at) === "pg_settings";
  });
}

function rulesOfCalls(statement: readonly Token[]): PostgresPinRule[] {
  return statement.flatMap((_, index) => {
    const name = isSymbol(statement[index + 1], "(") ? nameAt(statement, index) : undefined;
    if (name === undefined) return [];
    if (sequenceFunctions.has(name)) return ["sequence-function"];
    if (advisoryLocks.has(name)) return ["advisory-lock"];
    return name === "set_config"
      ? [ruleOfSetConfig(statement.slice(index + 2, index + 2 + readArguments))]
      : [];
  });
}

// set_config(name, value, is_local)
function ruleOfSetConfig(args: readonly Token[]): PostgresPinRule {
  const isLocal = splitList(args)[2]?.at(-1);
  return isWord(isLocal, "true") ||
    (isLocal?.kind === "string" && /^'(?:t|true|on|yes|1)'$/i.test(isLocal.text))
    ? "set-config-local"
    : "set";
}
