import { isSymbol, isWord, splitList, type Token } from "../statements/lex.js";

/** One statement of a text. */
export interface Statement {
  readonly tokens: readonly Token[];
  /** Whether it creates a stored program, whose body the server keeps and does not run. */
  readonly storesProgram: boolean;
  /** Whether the statement before it runs it. */
  readonly isPart: boolean;
}

const programs = ["procedure", "function", "trigger", "event", "package"];
const otherObjects = [
  ...["table", "view", "index", "database", "schema", "user", "role", "server", "sequence", "tablespace"],
  ...["temporary", "unique", "fulltext", "spatial", "logfile", "undo", "resource", "vector"],
];

// A statement of MariaDB that runs others begins with one of these, and so does each part of it.
const compound = [
  "begin",
  "if",
  "elseif",
  "case",
  "when",
  "else",
  "loop",
  "while",
  "repeat",
  "for",
  "exception",
];
// Another statement follows these words in it.
const beforeStatement = ["atomic", "then", "else", "do", "loop", "repeat"];
// How many tokens decide what a word means. A limit, since texts can be long.
const headLength = 64;

/**
 * Splits tokens into statements, without semicolons and empty statements. The body of a stored program belongs to the
 * statement that creates it; what a compound statement of MariaDB, or SET STATEMENT, runs are statements of their own.
 */
export function splitStatements(tokens: readonly Token[]): readonly Statement[] {
  const statements: Statement[] = [];
  let current: Token[] = [];
  let storesProgram = false;
  let isPart = false;
  let depth = 0;
  const finish = (isBeforePart: boolean): void => {
    if (current.length > 0) statements.push({ tokens: current, storesProgram, isPart });
    current = [];
    storesProgram = false;
    isPart = isBeforePart;
    depth = 0;
  };
  for (const [index, token] of tokens.entries()) {
    if (isSymbol(token, ";") && depth === 0) {
      finish(false);
      continue;
    }
    // `label: LOOP`
    if (current.length === 1 && isSymbol(token, ":") && current[0]?.kind !== "variable") {
      current = [];
      continue;
    }
    current.push(token);
    storesProgram ||= isWord(token, ...programs) && createsProgram(current);
    if (storesProgram) depth = Math.max(0, depth + depthChange(tokens, index));
    else if (isBeforeStatement(current, tokens[index + 1])) finish(true);
  }
  finish(false);
  return statements;
}

/** Whether the last token is the kind of a program in CREATE [OR REPLACE] [DEFINER = …] or ALTER. */
function createsProgram(statement: readonly Token[]): boolean {
  if (statement.length > headLength) return false;
  const [first] = statement;
  const isFirstKind = statement.filter((token) => isWord(token, ...programs, ...otherObjects)).length === 1;
  const isAltered = isWord(first, "alter") && isWord(statement.at(-1), "event");
  return isFirstKind && (isWord(first, "create") || isAltered);
}

/** Whether the last token of a compound statement, or of SET STATEMENT … FOR, comes before another statement. */
function isBeforeStatement(statement: readonly Token[], next: Token | undefined): boolean {
  const [first, second] = statement;
  const last = statement.at(-1);
  if (isWord(first, "set")) return isWord(second, "statement") && isWord(last, "for");
  if (isWord(first, "declare")) return endsConditions(statement, next);
  if (!isWord(first, ...compound)) return false;
  // Without NOT ATOMIC, BEGIN starts a transaction, except in a compound statement and under the SQL mode ORACLE.
  if (isWord(first, "begin") && statement.length === 1) return !isWord(next, "work", "not");
  return isWord(last, ...beforeStatement);
}

/** Whether the last token ends the conditions of DECLARE … HANDLER FOR, such as NOT FOUND, before what handles them. */
function endsConditions(statement: readonly Token[], next: Token | undefined): boolean {
  if (statement.length > headLength || next === undefined || isSymbol(next, ",")) return false;
  const at = statement.findIndex((token) => isWord(token, "handler"));
  const [begin, ...conditions] = at < 0 ? [] : statement.slice(at + 1);
  const last = conditions.at(-1);
  const isComplete = last !== undefined && !isSymbol(last, ",") && !isWord(last, "not", "sqlstate", "value");
  return isWord(begin, "for") && isComplete;
}

/** 1 for a token that opens a block of a stored program, -1 for one that ends a block, else 0. */
function depthChange(tokens: readonly Token[], index: number): number {
  const token = tokens[index];
  const before = tokens[index - 1];
  if (token?.kind !== "word" || isSymbol(before, ".") || isWord(before, "xa")) return 0;
  if (token.text === "end") return -1;
  return !isWord(before, "end") && opensBlock(tokens, index) ? 1 : 0;
}

function opensBlock(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  switch (tokens[index]?.text) {
    case "begin":
      return !isSymbol(before, ",") && !isSymbol(before, "(");
    case "case":
    case "loop":
    case "while":
      return true;
    case "if": {
      const following = tokens.slice(index + 1, index + headLength);
      return !isCall(following) && !isIfExists(following);
    }
    case "repeat":
      return !isSymbol(tokens[index + 1], "(");
    case "for":
      // Not SELECT … FOR UPDATE, nor DECLARE … FOR.
      return (
        isSymbol(before, ";") || isSymbol(before, ":") || isWord(before, ...beforeStatement, "begin", "row")
      );
    default:
      return false;
  }
}

// IF(condition, then, else)
function isCall(following: readonly Token[]): boolean {
  return isSymbol(following[0], "(") && splitList(following.slice(1)).length > 1;
}

// DROP TABLE IF EXISTS t, but not IF EXISTS (SELECT …) THEN.
function isIfExists(following: readonly Token[]): boolean {
  const rest = isWord(following[0], "not") ? following.slice(1) : following;
  return isWord(rest[0], "exists") && !isSymbol(rest[1], "(");
}
