import { isSymbol, isWord, nameOf, splitList, type Token } from "../statements/lex.js";

/** One assignment of a SET statement. */
export interface Assignment {
  /** `next`: for the next transaction only; `user`: a user variable (`@name`). */
  readonly scope: "session" | "local" | "global" | "next" | "user" | "statement";
  /** Name of the system variable in lower case; `""` for a user variable. */
  readonly variable: string;
  /** The value, if it is one literal or word. */
  readonly value: string | undefined;
}

// @@scope . component . name, in tokens.
const longestName = 5;

const charset = ["character_set_client", "character_set_results", "character_set_connection"];

/** The assignments of a SET statement, whose first token is SET. Empty for a SET that assigns no variable. */
export function assignmentsOf(statement: readonly Token[]): readonly Assignment[] {
  const [, second, third] = statement;
  if (isWord(second, "default")) return [];
  // MariaDB's SET STATEMENT ... FOR applies to one statement.
  if (isWord(second, "statement")) return [];
  if (isWord(second, "role", "resource")) return [{ scope: "session", variable: "role", value: undefined }];
  const isTransaction = isWord(second, "transaction");
  const isScopedTransaction = isWord(second, "session", "local", "global") && isWord(third, "transaction");
  if (isTransaction) return ofTransaction("next", statement.slice(2));
  if (isScopedTransaction) return ofTransaction(scopeOf(second), statement.slice(3));

  let scope: Assignment["scope"] = "session";
  return splitList(statement.slice(1)).flatMap((part) => {
    const [head, next] = part;
    const isCharset = isWord(head, "charset");
    if (isWord(head, "names") || isCharset || (isWord(head, "character", "char") && isWord(next, "set"))) {
      const isOfNames = isWord(head, "names");
      const value = literalOf(part[isOfNames || isCharset ? 1 : 2]);
      return [
        ...charset.map((variable) => ({ scope: "session" as const, variable, value })),
        ofSession("collation_connection"),
        ...(isOfNames ? [] : [ofSession("character_set_database")]),
      ];
    }
    // It changes no session.
    if (isWord(head, "password")) return [];
    const equals = part.findIndex((token) => isSymbol(token, "=") || isSymbol(token, ":"));
    if (equals < 1) return [];
    // Of `:=`, this is the colon.
    const [first, ...more] = part.slice(isSymbol(part[equals], ":") ? equals + 2 : equals + 1);
    const value = more.length === 0 ? literalOf(first) : undefined;
    if (head?.kind === "variable") return [{ ...ofVariable(nameBefore(part, 0, equals)), value }];
    const isScoped =
      equals > 1 &&
      isWord(head, "global", "persist", "persist_only", "session", "local") &&
      !isSymbol(next, ".");
    // A scope also applies to the following assignments without a scope.
    if (isScoped) scope = scopeOf(head);
    return [{ scope, variable: nameBefore(part, isScoped ? 1 : 0, equals), value }];
  });
}

/** A name of one or more parts, such as `@@session . sql_mode`. */
function nameBefore(part: readonly Token[], start: number, equals: number): string {
  const names = part.slice(start, Math.min(equals, start + longestName));
  return names.map((token) => nameOf(token)?.toLowerCase() ?? token.text).join("");
}

/** What a word, or a string without escapes and prefix, stands for; DEFAULT stands for what only the server knows. */
function literalOf(token: Token | undefined): string | undefined {
  if (token?.kind === "word") return token.text === "default" ? undefined : token.text;
  return token === undefined ? undefined : /^(['"`])([\w, ]*)\1$/.exec(token.text)?.[2];
}

function ofSession(variable: string): Assignment {
  return { scope: "session", variable, value: undefined };
}

function ofTransaction(scope: Assignment["scope"], characteristics: readonly Token[]): Assignment[] {
  return splitList(characteristics).map(([first]) => ({
    scope,
    variable: isWord(first, "isolation") ? "transaction_isolation" : "transaction_read_only",
    value: undefined,
  }));
}

// @name, @@name, @@session.name
function ofVariable(text: string): Omit<Assignment, "value"> {
  if (!text.startsWith("@@")) return { scope: "user", variable: "" };
  const [scope, name] = text.slice(2).replaceAll("`", "").split(".", 2);
  if (name !== undefined) return { scope: scopeOfName(scope ?? ""), variable: name };
  const variable = scope ?? "";
  // "SET TRANSACTION" in MySQL's manual: @@transaction_... without a scope applies to the next transaction.
  return { scope: isOfTransaction(variable) ? "next" : "session", variable };
}

function scopeOf(token: Token | undefined): Assignment["scope"] {
  return scopeOfName(token?.text ?? "");
}

function scopeOfName(name: string): Assignment["scope"] {
  if (name === "session" || name === "local") return name;
  return "global";
}

function isOfTransaction(variable: string): boolean {
  return /^(?:transaction|tx)_(?:isolation|read_only)$/.test(variable);
}
