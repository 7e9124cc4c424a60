import type { EffectKind } from "./effects.js";
import type { TokenKind } from "./token-reader.js";

/**
 * The variables that RDS Proxy tracks, by "Avoiding pinning an RDS Proxy" in the Amazon RDS User Guide. `NAMES` and
 * `CHARACTER SET` set several of these.
 */
const TRACKED_VARIABLES: ReadonlySet<string> = new Set([
  "autocommit",
  "auto_increment_increment",
  "character_set_client",
  "character_set_connection",
  "character_set_database",
  "character_set_filesystem",
  "character_set_results",
  "character_set_server",
  "collation_connection",
  "collation_database",
  "collation_server",
  "interactive_timeout",
  "net_write_timeout",
  "query_cache_type",
  "session_track_schema",
  "sql_mode",
  "time_zone",
  "transaction_isolation",
  "tx_isolation",
  "transaction_read_only",
  "tx_read_only",
  "wait_timeout",
]);
const TRANSACTION_VARIABLE = /^(?:transaction|tx)_(?:isolation|read_only)$/;
const SCOPES: ReadonlySet<string> = new Set(["global", "persist", "persist_only", "session", "local"]);
/** MariaDB's `SET STATEMENT` applies only to the statement that follows. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["default", "resource", "statement"]);

/** How many tokens of an assignment decide what it assigns: scope, component, `.`, name, `:`, or `@@scope . component . name =`. */
const ASSIGNMENT_LENGTH = 6;

/** Reads a SET statement of MySQL or MariaDB, from the token after SET. */
export class MysqlSet {
  readonly #effects: EffectKind[] = [];
  #first = "";
  #second = "";
  #count = 0;
  /** The first tokens of the current assignment. */
  #assignment: string[] = [];
  #kind: TokenKind = "word";
  /** A scope also applies to the following assignments that have none. */
  #scope = "session";

  /** @param depth of parentheses */
  add(token: string, kind: TokenKind, depth: number): void {
    this.#count++;
    if (this.#count === 1) this.#first = token;
    if (this.#count === 2) this.#second = token;
    if (token === "," && kind === "symbol" && depth === 0) {
      this.#endAssignment();
      return;
    }
    if (this.#assignment.length === 0) this.#kind = kind;
    if (this.#assignment.length < ASSIGNMENT_LENGTH) this.#assignment.push(token);
  }

  /** Whether `:=` at the top level is the assignment of SET itself, and not one within an expression. */
  get isAssigning(): boolean {
    return this.#first !== "statement";
  }

  /** The statement's effects, once all of it has been read. */
  effects(): readonly EffectKind[] {
    if (WITHOUT_EFFECT.has(this.#first)) return [];
    if (this.#first === "role") return ["set-role"];
    if (this.#first === "transaction") return ["next-transaction"];
    if (this.#second === "transaction") return [ofScope(this.#first, "transaction_isolation")];
    this.#endAssignment();
    return this.#effects;
  }

  #endAssignment(): void {
    const effect = this.#effectOfAssignment();
    if (effect) this.#effects.push(effect);
    this.#assignment = [];
  }

  #effectOfAssignment(): EffectKind | undefined {
    const [first = "", second = ""] = this.#assignment;
    if (this.#kind === "user-variable") return "set-variable";
    // SET PASSWORD changes no session.
    if (first === "password") return undefined;
    const equals = this.#assignment.findIndex((token) => token === "=" || token === ":");
    if (this.#kind === "system-variable") return ofSystemVariable(this.#nameBetween(0, equals));
    const isCharacterSet = (first === "character" || first === "char") && second === "set";
    if (first === "names" || first === "charset" || isCharacterSet) return "set-tracked-variable";
    const isScoped = SCOPES.has(first) && equals !== 1;
    if (isScoped) this.#scope = first;
    return equals > 0 ? ofScope(this.#scope, this.#nameBetween(isScoped ? 1 : 0, equals)) : undefined;
  }

  /** A name of one or more tokens, such as `component.name`. */
  #nameBetween(start: number, equals: number): string {
    return this.#assignment.slice(start, equals < 0 ? undefined : equals).join("");
  }
}

/** `@@name` or `@@session.name`. */
function ofSystemVariable(written: string): EffectKind {
  const [scope = "", name] = written.slice(2).replaceAll("`", "").split(".", 2);
  if (name !== undefined) return ofScope(scope, name);
  // "SET TRANSACTION" in MySQL's manual: @@transaction_... without a scope applies to the next transaction only.
  return TRANSACTION_VARIABLE.test(scope) ? "next-transaction" : ofScope("session", scope);
}

function ofScope(scope: string, variable: string): EffectKind {
  if (scope === "global" || scope === "persist" || scope === "persist_only") return "set-global";
  if (TRACKED_VARIABLES.has(variable)) return "set-tracked-variable";
  // AWS: SET LOCAL does not pin. In MySQL it means SET SESSION.
  return scope === "local" ? "set-untracked-local" : "set-variable";
}
