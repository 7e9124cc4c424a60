import type { Cause, Fact } from "./report.js";

/** What a step finds, and what the steps after it need of that. */
export type Finding<Learned> =
  | {
      readonly outcome: "ok" | "warning";
      readonly facts: readonly Fact[];
      readonly problem?: string;
      readonly causes?: readonly Cause[];
      readonly learned: Learned;
    }
  | FailedFinding;

export interface FailedFinding {
  readonly outcome: "failed";
  readonly problem: string;
  readonly facts: readonly Fact[];
  readonly causes: readonly Cause[];
}

export function failed(
  problem: string,
  causes: readonly Cause[],
  facts: readonly Fact[] = [],
): FailedFinding {
  return { outcome: "failed", problem, facts, causes };
}

/** The message of whatever was thrown; of an `AggregateError` of Node's, which has none, that of its first error. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** Node's code of an error, such as `ECONNREFUSED`; empty where there is none. */
export function codeOf(error: unknown): string {
  const code: unknown = Reflect.get(Object(error), "code");
  return typeof code === "string" ? code : "";
}
