import type { Session } from "@rds-proxy/lambda-kit/administration";
import type { InvocationError } from "@rds-proxy/lambda-kit/environment";
import type { TransactionSource } from "./order.js";
import type { Outcome } from "./teller.js";

/** The transactions of a run, and the check of what became of them. */
export interface Workload extends TransactionSource {
  /** Statements that create its tables. */
  readonly tables: readonly string[];
  /** Whether its transactions may fail with this error by themselves. */
  expects(error: InvocationError): boolean;
  /** Everything that is wrong, in sentences, and what was counted. */
  audit(
    outcomes: readonly Outcome[],
    auditor: Session,
  ): Promise<{ readonly violations: readonly string[]; readonly counts: Readonly<Record<string, number>> }>;
}
