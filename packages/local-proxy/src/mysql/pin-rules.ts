import type { MysqlPinRule } from "../pinning/mysql-pin-rules.js";
import { isSymbol, isWord, nameOf, type Token } from "../statements/lex.js";
import { type Assignment, assignmentsOf } from "./assignments.js";
import { type Statement, splitStatements } from "./split-statements.js";
import { trackedVariables } from "./tracked-variables.js";

/** The effects of a text on its session. */
export interface MysqlEffects {
  /** The rules that apply, in the order of its statements. */
  readonly rules: readonly MysqlPinRule[];
  /** Whether only SET statements cause these rules, so that the session pinning filter excludes them. */
  readonly areOfSetOnly: boolean;
  /** The tracked variables that it may change. */
  readonly variables: readonly string[];
  /** What it sets the SQL mode and the client's character set to, if they are literals. */
  readonly sqlMode: string | undefined;
  readonly characterSet: string | undefined;
  /** Whether it may change the current database. */
  readonly changesDatabase: boolean;
}

/** Finds the effects that a text has if it succeeds. */
export function findMysqlEffects(tokens: readonly Token[]): MysqlEffects {
  const statements = splitStatements(tokens);
  const run = statements.filter(({ storesProgram }) => !storesProgram).map((statement) => statement.tokens);
  const assignments = run.filter(([first]) => isWord(first, "set")).flatMap(assignmentsOf);
  const ofSet = assignments.flatMap((assignment) => ruleOfAssignment(assignment) ?? []);
  const others = statements.flatMap(rulesOfStatement);
  if (statements.filter(({ isPart }) => !isPart).length > 1) others.push("multi-statement");
  return {
    rules: [...ofSet, ...others],
    areOfSetOnly: others.every((rule) => rule === "multi-statement"),
    variables: assignments.filter(isTracked).map(({ variable }) => variable),
    sqlMode: literalFor("sql_mode", assignments),
    characterSet: literalFor("character_set_client", assignments)?.toLowerCase(),
    changesDatabase: run.some(changesDatabase),
  };
}

function literalFor(name: string, assignments: readonly Assignment[]): string | undefined {
  const isOfSession = ({ scope, variable }: Assignment): boolean =>
    variable === name && (scope === "session" || scope === "local");
  return assignments.findLast(isOfSession)?.value;
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

function rulesOfStatement({ tokens, storesProgram }: Statement): MysqlPinRule[] {
  const rules: MysqlPinRule[] = [];
  // AWS names these comments, wherever they are.
  for (const { kind } of tokens) if (kind === "executable-comment") rules.push("executable-comment");
  if (storesProgram) return rules;
  const rule = ruleOfCommand(tokens);
  return [...rules, ...(rule === undefined ? [] : [rule]), ...rulesOfExpressions(tokens)];
}

function ruleOfCommand(statement: readonly Token[]): MysqlPinRule | undefined {
  const [first, second, third, fourth] = statement;
  if (first?.kind !== "word") return undefined;
  switch (first.text) {
    case "prepare":
      return "prepared-statement";
    case "execute":
      // MariaDB's EXECUTE IMMEDIATE prepares a text; EXECUTE needs a PREPARE, which has pinned.
      return isWord(second, "immediate") ? "prepared-statement" : undefined;
    case "lock":
      if (isWord(second, "instance")) return "backup-lock";
      return isWord(second, "table", "tables") ? "lock-table" : undefined;
    case "backup":
      return "backup-lock";
    case "flush":
      return ruleOfFlush(statement);
    case "handler":
      return "handler";
    case "create": {
      // CREATE [OR REPLACE] TEMPORARY
      const isReplacing = isWord(second, "or") && isWord(third, "replace");
      return isWord(isReplacing ? fourth : second, "temporary") ? "temporary-table" : undefined;
    }
    case "show":
      return isWord(second, "warnings", "errors") || isCountOfDiagnostics(statement)
        ? "diagnostics"
        : undefined;
    case "get":
      return "diagnostics";
    default:
      return undefined;
  }
}

// These statements assign to each user variable that they name: CALL p(@out), LOAD DATA … (@column), GET DIAGNOSTICS @n.
const assigning = ["call", "load", "get"];

function rulesOfExpressions(statement: readonly Token[]): MysqlPinRule[] {
  const rules: MysqlPinRule[] = [];
  // assignmentsOf() handles SET.
  const canAssign = !isWord(statement[0], "set");
  const assigns = isWord(statement[0], ...assigning);
  let isAfterInto = false;
  for (const [index, token] of statement.entries()) {
    const next = statement[index + 1];
    if (isUserVariable(token)) {
      // SELECT @a := 1, and SELECT ... INTO @a, @b
      const isTarget = assigns || isAfterInto || (isSymbol(next, ":") && isSymbol(statement[index + 2], "="));
      if (canAssign && isTarget) rules.push("set-variable");
    } else if (!isSymbol(token, ",")) {
      isAfterInto = isWord(token, "into");
    }
    if (isWord(token, "sql_calc_found_rows")) rules.push("calc-found-rows");
    if (!isSymbol(next, "(")) continue;
    const name = nameOf(token)?.toLowerCase();
    if (name === "get_lock") rules.push("get-lock");
    if (name === "row_count" || name === "found_rows") rules.push("row-count");
  }
  return rules;
}

// FLUSH TABLES [names] WITH READ LOCK, and FLUSH TABLES names FOR EXPORT
function ruleOfFlush(statement: readonly Token[]): MysqlPinRule | undefined {
  if (!statement.some((token) => isWord(token, "table", "tables"))) return undefined;
  for (const [index, token] of statement.entries()) {
    const next = statement[index + 1];
    if (isWord(token, "with") && isWord(next, "read")) return "lock-table";
    if (isWord(token, "for") && isWord(next, "export")) return "backup-lock";
  }
  return undefined;
}

// SHOW COUNT(*) WARNINGS
function isCountOfDiagnostics(statement: readonly Token[]): boolean {
  return isWord(statement[1], "count") && isWord(statement.at(-1), "warnings", "errors");
}

function isUserVariable({ kind, text }: Token): boolean {
  return kind === "variable" && !text.startsWith("@@");
}
