import type { EffectKind } from "@rds-proxy/core/diagnosis";

/** Statements that have the same effects for the same reason. */
export interface StatementGroup {
  readonly rule: string;
  /** What AWS's documentation says of them. */
  readonly sentence: string;
  readonly effects: readonly EffectKind[];
  readonly statements: readonly string[];
}
