import type { Experiment } from "./experiments/experiment.js";
import type { Observation } from "./probe-report.js";
import type { ProbeRun } from "./probe-run.js";

/** The parts of a probe that differ by engine. */
export interface ProbeEngine {
  /** Throws `NotAnRdsProxy` if the endpoint does not behave as RDS Proxy's documentation says. */
  identify(run: ProbeRun): Promise<readonly Observation[]>;
  /** The database's version, such as `16.4`. */
  serverVersion(run: ProbeRun): Promise<string>;
  /** In the order in which they run. */
  experiments(run: ProbeRun): readonly Experiment[];
}

/** The endpoint is something else. The message names what it did, but no host, user or address. */
export class NotAnRdsProxy extends Error {
  override readonly name = "NotAnRdsProxy";
}
