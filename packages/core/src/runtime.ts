import type { RandomSource } from "./backoff.js";
import { type Clock, systemClock } from "./clock.js";
import type { Environment } from "./credentials.js";

/** What is not deterministic. Tests pass their own; everybody else gets the system's. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly env: Environment;
}

export const systemRuntime: Runtime = { clock: systemClock, random: Math.random, env: process.env };
