import type { DiagnosisCause, DiagnosisFact } from "./report.js";

/** The outcome of a step, and the result that later steps need. */
export type Finding<Result> =
  | {
      readonly outcome: "ok" | "warning";
      readonly facts: readonly DiagnosisFact[];
      readonly problem?: string;
      readonly causes?: readonly DiagnosisCause[];
      readonly result: Result;
    }
  | FailedFinding;

export interface FailedFinding {
  readonly outcome: "failed";
  readonly problem: string;
  readonly facts: readonly DiagnosisFact[];
  readonly causes: readonly DiagnosisCause[];
}

/** What the surroundings of the process add to a step's finding: a warning if there is a problem. */
export interface SurroundingsFinding {
  readonly facts: readonly DiagnosisFact[];
  readonly problem?: string;
  readonly causes?: readonly DiagnosisCause[];
}

export function failed(
  problem: string,
  causes: readonly DiagnosisCause[],
  facts: readonly DiagnosisFact[] = [],
): FailedFinding {
  return { outcome: "failed", problem, facts, causes };
}
