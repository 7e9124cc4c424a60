import type { RandomSource } from "./backoff.js";
import { type Clock, systemClock } from "./clock.js";
import type { Environment } from "./credentials.js";

/** What is not deterministic. Tests pass their own; everybody else gets the system's. */
export interface Runtime {
  readonly clock: Clock;
  /** Draws the waits between attempts. Default: the kernel's generator, which is loaded with the first wait. */
  readonly random?: RandomSource | undefined;
  readonly env: Environment;
}

export const systemRuntime: Runtime = { clock: systemClock, env: process.env };
