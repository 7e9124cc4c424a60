import type { PostgresPinRule } from "../pinning/postgres-pin-rules.js";
import { isSymbol, isWord, nameOf, splitList, splitStatements, type Token } from "../statements/lex.js";

const sequenceFunctions = new Set(["nextval", "setval", "currval", "lastval"]);
const advisoryLocks = new Set([
  "pg_advisory_lock",
  "pg_advisory_lock_shared",
  "pg_try_advisory_lock",
  "pg_try_advisory_lock_shared",
]);

// How many tokens of a call's arguments are read. A limit, since calls can nest as deep as the text is long.
const readArguments = 256;

/** The rules that apply to a text, in the order of its statements. */
export function findPostgresPins(tokens: readonly Token[]): readonly PostgresPinRule[] {
  return splitStatements(tokens).flatMap((statement) => {
    const rule = ruleOfCommand(statement);
    return rule === undefined ? rulesOfCalls(statement) : [rule, ...rulesOfCalls(statement)];
  });
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
  const isNamed = (token: Token): boolean =>
    isWord(token, "table", "view", "sequence", "function", "procedure");
  const kindAt = statement.findIndex(isNamed);
  const beginning = kindAt < 0 ? statement : statement.slice(0, kindAt);
  const isInTemporarySchema = statement.some(
    (token, index) => nameOf(token) === "pg_temp" && isSymbol(statement[index + 1], "."),
  );
  return isInTemporarySchema || beginning.some((token) => isWord(token, "temp", "temporary"));
}

// Not INSERT INTO or MERGE INTO a table of that name.
function selectsIntoTemporary(statement: readonly Token[]): boolean {
  return statement.some(
    (token, index) =>
      isWord(token, "into") &&
      isWord(statement[index + 1], "temp", "temporary") &&
      !isWord(statement[index - 1], "insert", "merge"),
  );
}

function rulesOfCalls(statement: readonly Token[]): PostgresPinRule[] {
  return statement.flatMap((token, index) => {
    const name = isSymbol(statement[index + 1], "(") ? nameOf(token) : undefined;
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
