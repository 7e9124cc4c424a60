export type StepName =
  | "options"
  | "dns"
  | "tcp"
  | "tls"
  | "credentials"
  | "token"
  | "login"
  | "query"
  | "server";

/** From the outside in. */
export const STEP_NAMES: readonly StepName[] = [
  "options",
  "dns",
  "tcp",
  "tls",
  "credentials",
  "token",
  "login",
  "query",
  "server",
];

/** Something that was found out. */
export interface Fact {
  readonly name: string;
  readonly value: string | number | boolean;
  /** Where an option's value was given: an option, a variable, the host's name, or the default. */
  readonly origin?: string;
}

/** What may be behind a problem, and what mends it. */
export interface Cause {
  readonly cause: string;
  readonly remedy: string;
  /** A policy statement or a command, filled in as far as things are known. */
  readonly example?: string;
}

/** What one step came to. */
export interface StepResult {
  readonly step: StepName;
  /** `warning`: the connection works, or goes on, but somebody should look at this. */
  readonly outcome: "ok" | "warning" | "failed" | "not reached";
  readonly durationMs: number;
  /** What is wrong, in one sentence; undefined where nothing is. */
  readonly problem?: string;
  readonly facts: readonly Fact[];
  /** The most likely first. */
  readonly causes: readonly Cause[];
}

/** A plain value that `JSON.stringify` takes as it is. No secret is in it: no token, no key but its masked id. */
export interface Report {
  /** Whether no step failed. Warnings do not count. */
  readonly isHealthy: boolean;
  readonly durationMs: number;
  /** All steps, those included that were not reached. */
  readonly steps: readonly StepResult[];
}
