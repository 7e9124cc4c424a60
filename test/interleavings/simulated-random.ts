import type { RandomSource } from "../../packages/core/src/time/backoff.js";

/** Stands for packages/core/src/time/random.ts in the bundle, so that runs are alike. */
export const kernelRandom: RandomSource = () => 0.5;
