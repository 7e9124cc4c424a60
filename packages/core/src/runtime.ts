import type { RandomSource } from "./time/backoff.js";
import { type Clock, systemClock } from "./time/clock.js";
import { Restores } from "./time/restores.js";

/** Environment variables, like `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All that is not deterministic. Tests pass their own. */
export interface Runtime {
  readonly clock: Clock;
  /**
   * Draws the delays between attempts.
   *
   * @default the kernel's generator, loaded with the first delay
   */
  readonly random?: RandomSource | undefined;
  readonly env: Environment;
  /** Restores of this process from a snapshot. */
  readonly restores: Restores;
}

export const systemRuntime: Runtime = {
  clock: systemClock,
  env: process.env,
  restores: new Restores(systemClock, process.env),
};

/**
 * Call it after this process was restored from a snapshot: in SnapStart's hook after the restore, or in the hooks `run` and
 * `resume` of a MicroVM. No connection that was opened before, and no credentials or secret that were read before, are used after
 * that, by any middleware or pool of the process.
 */
export function afterRestore(): void {
  systemRuntime.restores.noteRestore();
}
