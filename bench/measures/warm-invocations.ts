import type { Environment } from "../processes/environment.js";
import { quantile } from "../results/statistics.js";

/** What an invocation of a warm environment takes, in milliseconds. */
export interface WarmTimes {
  readonly median: number;
  readonly p99: number;
}

/** So many are not counted before each block: the environment did nothing while the others were measured. */
const uncounted = 50;

export async function warmInvocations(environment: Environment, count: number): Promise<WarmTimes> {
  await environment.repeat(uncounted);
  const durationsMs = await environment.repeat(count);
  return { median: quantile(durationsMs, 0.5), p99: quantile(durationsMs, 0.99) };
}
