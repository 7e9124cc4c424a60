/** The steps of a diagnosis, from the network to the server. */
export const STEP_NAMES = [
  "options",
  "dns",
  "tcp",
  "tls",
  "credentials",
  "token",
  "login",
  "query",
  "server",
] as const;

/** The name of a step. */
export type DiagnosisStepName = (typeof STEP_NAMES)[number];

/** One thing that a step found out. */
export interface DiagnosisFact {
  readonly name: string;
  readonly value: string | number | boolean;
  /** Where an option's value comes from: an option or flag, an environment variable, the host's name, or the default. */
  readonly origin?: string;
}

/** A possible cause of a problem, and its remedy. */
export interface DiagnosisCause {
  readonly cause: string;
  readonly remedy: string;
  /** An IAM policy statement or a command. Words in capitals are placeholders. */
  readonly example?: string;
}

/** The result of one step. */
export interface DiagnosisStep {
  readonly step: DiagnosisStepName;
  /** `warning`: the connection works, but something needs attention. `not reached`: an earlier step failed. */
  readonly outcome: "ok" | "warning" | "failed" | "not reached";
  /** 0 if the step was not reached. */
  readonly durationMs: number;
  /** What is wrong, in one sentence. Undefined if nothing is. */
  readonly problem?: string;
  readonly facts: readonly DiagnosisFact[];
  /** The most likely first. */
  readonly causes: readonly DiagnosisCause[];
}

/** The result of {@link diagnose}: plain JSON, without tokens, passwords or keys. Key ids are masked. */
export interface DiagnosisReport {
  /** Whether no step failed. Warnings do not count. */
  readonly isHealthy: boolean;
  readonly durationMs: number;
  /** All steps in order, including those not reached. */
  readonly steps: readonly DiagnosisStep[];
}
