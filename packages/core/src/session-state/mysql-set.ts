import type { EffectKind } from "./effects.js";
import type { TokenKind } from "./token-reader.js";

const TRANSACTION_VARIABLES: ReadonlySet<string | undefined> = new Set([
  ...["transaction_isolation", "tx_isolation", "transaction_read_only", "tx_read_only"],
]);
/**
 * The variables that RDS Proxy tracks, by "Avoiding pinning an RDS Proxy" in the Amazon RDS User Guide. `NAMES` and
 * `CHARACTER SET` set several of these.
 */
const TRACKED_VARIABLES: ReadonlySet<string | undefined> = new Set([
  ...TRANSACTION_VARIABLES,
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
  "wait_timeout",
]);
const SCOPES: ReadonlySet<string | undefined> = new Set([
  ...["global", "persist", "persist_only", "session", "local"],
]);
/** What SET does without `=`, by its first word. */
const COMMANDS: ReadonlyMap<string | undefined, EffectKind> = new Map([
  ["role", "set-role"],
  ["transaction", "next-transaction"],
  ["names", "set-tracked-variable"],
  ["charset", "set-tracked-variable"],
  ["character", "set-tracked-variable"],
  ["char", "set-tracked-variable"],
]);

/** Reads a SET statement of MySQL or MariaDB, from the token after SET. */
export class MysqlSet {
  readonly #effects: EffectKind[] = [];
  /** Whether the last token was the assignment's `=` or the colon of its `:=`, and not one within its value. */
  isAssigning: boolean | undefined;
  /** Whether the current assignment has come to that. */
  #isAssigned = false;
  /** The tokens before that. */
  #name: string[] = [];
  /** What the name begins with. */
  #kind: TokenKind | undefined;
  /** A scope also applies to the following assignments that have none. */
  #scope: string | undefined;

  /** @param depth of parentheses */
  add(token: string, kind: TokenKind, depth: number): void {
    if (token === "," && kind === "symbol" && depth === 0) {
      this.#endAssignment();
      return;
    }
    if (this.#name.length === 0) this.#kind = kind;
    this.isAssigning = !this.#isAssigned && (token === "=" || token === ":");
    this.#isAssigned ||= this.isAssigning;
    if (!this.#isAssigned) this.#name.push(token);
  }

  /** The statement's effects, once all of it has been read. */
  effects(): readonly EffectKind[] {
    this.#endAssignment();
    return this.#effects;
  }

  #endAssignment(): void {
    const effect = this.#effectOfAssignment();
    if (effect) this.#effects.push(effect);
    this.#isAssigned = false;
    this.#name = [];
  }

  #effectOfAssignment(): EffectKind | undefined {
    const [first, second] = this.#name;
    if (!this.#isAssigned) {
      // SET SESSION TRANSACTION ISOLATION LEVEL ...
      return second === "transaction" ? ofScope(first, "transaction_isolation") : COMMANDS.get(first);
    }
    if (this.#kind === "user-variable") return "set-variable";
    // SET PASSWORD changes no session.
    if (first === "password") return undefined;
    if (this.#kind === "system-variable") return ofSystemVariable(this.#name.join(""));
    if (!SCOPES.has(first)) return ofScope(this.#scope, first);
    this.#scope = first;
    return ofScope(first, second);
  }
}

/** `@@name` or `@@session.name`. */
function ofSystemVariable(written: string): EffectKind {
  const [first, second] = written.slice(2).replaceAll("`", "").split(".");
  if (second !== undefined) return ofScope(first, second);
  // "SET TRANSACTION" in MySQL's manual: @@transaction_... without a scope applies to the next transaction only.
  return TRANSACTION_VARIABLES.has(first) ? "next-transaction" : ofScope(undefined, first);
}

function ofScope(scope: string | undefined, variable: string | undefined): EffectKind {
  if (scope === "global" || scope === "persist" || scope === "persist_only") return "set-global";
  if (TRACKED_VARIABLES.has(variable)) return "set-tracked-variable";
  // AWS: SET LOCAL does not pin. In MySQL it means SET SESSION.
  return scope === "local" ? "set-untracked-local" : "set-variable";
}
