import type { MeasuredEnvironment } from "../processes/measured-environment.js";
import { quantile } from "../statistics.js";

/** Durations of warm invocations, in milliseconds. */
export interface WarmTimes {
  readonly median: number;
  readonly p99: number;
}

/** Invocations before each block that do not count: the environment was idle while the others were measured. */
const uncounted = 20;

/** One block of a round: the durations of a few invocations, in milliseconds. */
export async function warmBlock(environment: MeasuredEnvironment, count: number): Promise<readonly number[]> {
  await environment.repeat(uncounted);
  return await environment.repeat(count);
}

export function warmTimes(durationsMs: readonly number[]): WarmTimes {
  return { median: quantile(durationsMs, 0.5), p99: quantile(durationsMs, 0.99) };
}
