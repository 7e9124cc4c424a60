import type { RandomSource } from "./time/backoff.js";
import { type Clock, systemClock } from "./time/clock.js";

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
}

export const systemRuntime: Runtime = { clock: systemClock, env: process.env };
