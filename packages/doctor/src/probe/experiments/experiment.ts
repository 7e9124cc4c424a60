import type { SettingResult } from "../probe-report.js";
import type { ProbeRun } from "../probe-run.js";

/** Decides one or a few settings. */
export interface Experiment {
  /** What it does, for the summary ahead of the probe. */
  readonly summary: string;
  readonly settings: readonly string[];
  /** Results for all of its settings. What it throws makes them undecided. */
  decide(run: ProbeRun): Promise<readonly SettingResult[]>;
}
