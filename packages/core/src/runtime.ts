import type { RandomSource } from "./time/backoff.js";
import { type Clock, systemClock } from "./time/clock.js";

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is not deterministic. Tests pass their own; everybody else gets the system's. */
export interface Runtime {
  readonly clock: Clock;
  /** Draws the waits between attempts. Default: the kernel's generator, which is loaded with the first wait. */
  readonly random?: RandomSource | undefined;
  readonly env: Environment;
}

export const systemRuntime: Runtime = { clock: systemClock, env: process.env };
