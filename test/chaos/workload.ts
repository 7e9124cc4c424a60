import type { Session } from "@rds-proxy/lambda-kit/administration";
import type { InvocationError } from "@rds-proxy/lambda-kit/environment";
import type { IsolationLevel } from "../histories/isolation.js";
import type { Random } from "./random.js";
import type { Outcome } from "./teller.js";

/** The transactions of a run, and the check of what became of them. */
export interface Workload {
  /** Statements that create its tables. */
  readonly tables: readonly string[];
  /** The level of its transactions; the server's default if it has none. */
  readonly isolation: IsolationLevel | undefined;
  /** The statements of a new transaction, between its begin and its commit. */
  begin(id: number, random: Random): readonly string[];
  /** Whether its transactions may fail with this error by themselves. */
  expects(error: InvocationError): boolean;
  /** Everything that is wrong, in sentences, and what was counted. */
  audit(
    outcomes: readonly Outcome[],
    auditor: Session,
  ): Promise<{ readonly violations: readonly string[]; readonly counts: Readonly<Record<string, number>> }>;
}
