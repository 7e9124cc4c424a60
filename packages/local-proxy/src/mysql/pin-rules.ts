import type { MysqlPinRule } from "../pinning/mysql-pin-rules.js";
import { isSymbol, isWord, nameOf, splitStatements, type Token } from "../statements/lex.js";
import { type Assignment, assignmentsOf } from "./assignments.js";
import { trackedVariables } from "./tracked-variables.js";

/** The effects of a text on its session. */
export interface MysqlEffects {
  /** The rules that apply, in the order of its statements. */
  readonly rules: readonly MysqlPinRule[];
  /** Whether only SET statements cause these rules, so that the session pinning filter excludes them. */
  readonly areOfSetOnly: boolean;
  /** The tracked variables that it may change. */
  readonly variables: readonly string[];
  /** Whether it may change the current database. */
  readonly changesDatabase: boolean;
}

/** Finds the effects that a text has if it succeeds. */
export function findMysqlEffects(tokens: readonly Token[]): MysqlEffects {
  const statements = splitStatements(tokens);
  const assignments = statements.filter(([first]) => isWord(first, "set")).flatMap(assignmentsOf);
  const ofSet = assignments.flatMap((assignment) => ruleOfAssignment(assignment) ?? []);
  const others = statements.flatMap(rulesOfStatement);
  if (statements.length > 1) others.push("multi-statement");
  return {
    rules: [...ofSet, ...others],
    areOfSetOnly: others.every((rule) => rule === "multi-statement"),
    variables: assignments.filter(isTracked).map(({ variable }) => variable),
    changesDatabase: statements.some(changesDatabase),
  };
}

function isTracked({ scope, variable }: Assignment): boolean {
  return scope === "session" && trackedVariables.has(variable);
}

function ruleOfAssignment(assignment: Assignment): MysqlPinRule | undefined {
  if (assignment.scope === "next") return "next-transaction";
  // SET LOCAL is SET SESSION in MySQL. By AWS's documentation it does not pin, so the change leaks to other clients.
  if (assignment.scope === "local" || isTracked(assignment)) return undefined;
  return "set-variable";
}

function changesDatabase([first, second]: readonly Token[]): boolean {
  return isWord(first, "use") || (isWord(first, "drop") && isWord(second, "database", "schema"));
}

function rulesOfStatement(statement: readonly Token[]): MysqlPinRule[] {
  const [first, second, third] = statement;
  const rules: MysqlPinRule[] = [];
  if (isWord(first, "prepare")) rules.push("prepared-statement");
  if (isWord(first, "lock") && isWord(second, "table", "tables")) rules.push("lock-table");
  if (isWord(first, "flush") && flushLocks(statement)) rules.push("lock-table");
  const isTemporary =
    isWord(second, "temporary") || (isWord(second, "or") && statement.slice(2, 4).some(isTemporaryWord));
  if (isWord(first, "create") && (isTemporary || isTemporaryWord(third))) rules.push("temporary-table");
  // assignmentsOf() handles SET.
  const canAssign = !isWord(first, "set");
  let isAfterInto = false;
  for (const [index, token] of statement.entries()) {
    const next = statement[index + 1];
    if (token.kind === "executable-comment") rules.push("executable-comment");
    if (isUserVariable(token)) {
      // SELECT @a := 1, and SELECT ... INTO @a, @b
      const isTarget = isAfterInto || (isSymbol(next, ":") && isSymbol(statement[index + 2], "="));
      if (canAssign && isTarget) rules.push("set-variable");
    } else if (!isSymbol(token, ",")) {
      isAfterInto = isWord(token, "into");
    }
    if (!isSymbol(next, "(")) continue;
    const name = nameOf(token)?.toLowerCase();
    if (name === "get_lock") rules.push("get-lock");
    if (name === "row_count" || name === "found_rows") rules.push("row-count");
  }
  return rules;
}

function isTemporaryWord(token: Token | undefined): boolean {
  return isWord(token, "temporary");
}

// FLUSH TABLES [names] WITH READ LOCK
function flushLocks(statement: readonly Token[]): boolean {
  return (
    statement.some((token) => isWord(token, "table", "tables")) &&
    statement.some((token, index) => isWord(token, "with") && isWord(statement[index + 1], "read"))
  );
}

function isUserVariable({ kind, text }: Token): boolean {
  return kind === "variable" && !text.startsWith("@@");
}
