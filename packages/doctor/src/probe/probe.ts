import {
  checkKnownNames,
  deadlineIn,
  invalidOption,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
  resolveOptions,
  within,
} from "@rds-proxy/core/adapter";
import {
  type AwsCredentials,
  checkBoolean,
  checkDuration,
  type Runtime,
  systemRuntime,
} from "@rds-proxy/core/internal";
import { messageOf } from "../error-text.js";
import { buildProfile } from "./build-profile.js";
import { describeFailure } from "./describe-failure.js";
import type { Experiment } from "./experiments/experiment.js";
import { LEFT_OPEN } from "./experiments/left-open.js";
import { mysqlEngine } from "./mysql/mysql-engine.js";
import { postgresEngine } from "./postgres/postgres-engine.js";
import { NotAnRdsProxy, type ProbeEngine } from "./probe-engine.js";
import type { ProbeOptions } from "./probe-options.js";
import { type Observation, type ProbeReport, type SettingResult, undecided } from "./probe-report.js";
import { ProbeRun } from "./probe-run.js";

const DEFAULT_TIMEOUT_MS = 300_000;
const DEFAULT_CONNECTIONS = 4;
const MOST_CONNECTIONS = 20;

const OPTION_NAMES = [
  ...RDS_PROXY_OPTION_NAMES.filter((name) => name !== "secret"),
  "engine",
  "timeoutMs",
  "takesLocks",
];

export const ENGINES: Readonly<Record<ResolvedRdsProxyOptions["endpoint"]["engine"], ProbeEngine>> = {
  postgres: postgresEngine,
  mysql: mysqlEngine,
};

/**
 * Decides, at a real RDS Proxy, what AWS's documentation leaves open: the settings of the local proxy. It opens a few
 * connections at a time with the user's own login, reads, and changes nothing that outlives its transactions.
 *
 * @returns the report; a server that is no RDS Proxy, and a login that fails, are in the report and not thrown
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 * @example
 * const report = await probe({ engine: "mysql" });
 * console.log(formatProbe(report));
 */
export async function probe(
  given: ProbeOptions = {},
  runtime: Runtime = systemRuntime,
): Promise<ProbeReport> {
  const { options, limits } = resolveProbe(given, runtime);
  const { engine } = options.endpoint;
  const startedAt = runtime.clock.steadyMs();
  const deadline = deadlineIn(limits.timeoutMs, runtime.clock);
  const results: SettingResult[] = [];
  const observations: Observation[] = [];
  let run: ProbeRun | undefined;
  const reportOf = (rest: Pick<ProbeReport, "outcome" | "problem" | "profile">): ProbeReport => ({
    ...rest,
    engine,
    durationMs: Math.round(runtime.clock.steadyMs() - startedAt),
    connections: run?.connections ?? 0,
    results,
    observations,
  });
  try {
    const credentials = await within(
      credentialsOf(options),
      deadline,
      () => new Error("the credential provider did not answer in time"),
    );
    run = new ProbeRun(options, credentials, { ...limits, deadline });
    const probed = ENGINES[engine];
    observations.push(...(await probed.identify(run)));
    const serverVersion = await probed.serverVersion(run);
    for (const experiment of probed.experiments(run)) results.push(...(await decide(experiment, run)));
    results.push(...LEFT_OPEN);
    return reportOf({ outcome: "probed", profile: buildProfile(engine, serverVersion, results) });
  } catch (error) {
    const outcome = error instanceof NotAnRdsProxy ? "not an RDS Proxy" : "failed";
    return reportOf({ outcome, problem: messageOf(error) });
  } finally {
    run?.close();
  }
}

async function decide(experiment: Experiment, run: ProbeRun): Promise<readonly SettingResult[]> {
  const all = (reason: string): readonly SettingResult[] =>
    experiment.settings.map((setting) => undecided(setting, reason));
  if (run.deadline.remainingMs() === 0) return all("the time limit came first");
  try {
    return await experiment.decide(run);
  } catch (error) {
    return all(describeFailure(error));
  }
}

/** Checks the options, and applies the defaults. */
export function resolveProbe(
  given: ProbeOptions,
  runtime: Runtime,
): {
  readonly options: ResolvedRdsProxyOptions;
  readonly limits: { timeoutMs: number; maxConnections: number; takesLocks: boolean };
} {
  const { engine = "postgres", timeoutMs, takesLocks, ...others } = given;
  checkKnownNames("", given, OPTION_NAMES);
  if (engine !== "postgres" && engine !== "mysql") {
    throw invalidOption("engine", "postgres or mysql", JSON.stringify(engine), "MariaDB is mysql, too.");
  }
  if (timeoutMs !== undefined) checkDuration("timeoutMs", timeoutMs, 1);
  if (takesLocks !== undefined) checkBoolean("takesLocks", takesLocks);
  const maxConnections = others.maxConnections ?? DEFAULT_CONNECTIONS;
  const options = resolveOptions({ ...others, maxConnections }, engine, runtime);
  if (maxConnections > MOST_CONNECTIONS) {
    throw invalidOption(
      "maxConnections",
      `at most ${MOST_CONNECTIONS} for a probe`,
      String(maxConnections),
      "More connections show no more.",
    );
  }
  return {
    options,
    limits: { timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS, maxConnections, takesLocks: takesLocks ?? false },
  };
}

async function credentialsOf({
  signer,
  credentials,
  runtime,
}: ResolvedRdsProxyOptions): Promise<AwsCredentials | undefined> {
  return signer ? undefined : (await credentials(runtime.clock.now())).credentials;
}
