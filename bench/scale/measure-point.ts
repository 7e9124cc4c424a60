import { type ContenderFile, Fleet, type Outcome, serverVariables, tally } from "@rds-proxy/lambda-kit/fleet";
import { startLocalProxy, type Upstream } from "@rds-proxy/local-proxy";
import { quantile } from "../statistics.js";
import type { ScalePoint } from "./curve.js";

/** Lambda starts up to 1,000 environments of a function in 10 s: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html */
const startsPerSecond = 100;

/** Mean time between the answer to one invocation of an environment and the next one. */
export const pauseMs = 500;

/** The function's timeout. */
const timeoutMs = 10_000;

/** Long enough that the database is busy with the query, as with a user's, and not with the connection alone. */
const querySeconds = 0.005;

/** What one number of environments is measured with. */
export interface Setting {
  readonly file: ContenderFile;
  /** The contender's bundle. */
  readonly program: string;
  readonly upstream: Upstream;
  /** Connections that the server has. */
  readonly backends: number;
  readonly environments: number;
  /** How long it is measured, after the start of all environments. */
  readonly steadyMs: number;
}

export async function measurePoint(setting: Setting): Promise<ScalePoint> {
  const { file, upstream, backends } = setting;
  if (file === "direct") {
    const summary = await runFleet(setting, serverVariables(upstream));
    return { ...summary, tokens: undefined, connects: undefined };
  }
  const proxy = await startLocalProxy({ engine: "postgres", upstream, maxConnections: backends });
  try {
    const summary = await runFleet(setting, proxy.environment);
    const { TokensVerified, ClientConnectionsReceived } = proxy.metrics();
    return { ...summary, tokens: TokensVerified, connects: ClientConnectionsReceived };
  } finally {
    await proxy.close();
  }
}

async function runFleet(
  { program, environments, steadyMs }: Setting,
  variables: Readonly<Record<string, string>>,
): Promise<Omit<ScalePoint, "tokens" | "connects">> {
  const outcomes: Outcome[] = [];
  const fleet = await Fleet.start({
    program,
    environments,
    querySeconds,
    variables,
    onOutcomes: (ended) => outcomes.push(...ended),
  });
  try {
    const rampMs = (environments / startsPerSecond) * 1000;
    await fleet.invokeAll({ rampMs, durationMs: rampMs + steadyMs, pauseMs, timeoutMs });
    return { environments, ...summarise(outcomes, rampMs, steadyMs) };
  } finally {
    await fleet.stop();
  }
}

/** Durations of the answered invocations after the ramp; errors of all. */
function summarise(outcomes: readonly Outcome[], rampMs: number, steadyMs: number) {
  const durationsMs = outcomes
    .filter(({ invokedAtMs, error }) => invokedAtMs >= rampMs && error === undefined)
    .map(({ durationMs }) => durationMs);
  const at = (share: number): number | undefined =>
    durationsMs.length === 0 ? undefined : quantile(durationsMs, share);
  return {
    perSecond: durationsMs.length / (steadyMs / 1000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    errors: Object.fromEntries(tally(outcomes).errors),
  };
}
