import {
  atMost,
  type Deadline,
  deadlineIn,
  type Engine,
  type RdsProxyOptions,
  type Runtime,
  systemRuntime,
} from "@rds-proxy/core";
import type { Finding } from "./finding.js";
import { type Report, STEP_NAMES, type StepName, type StepResult } from "./report.js";
import { findCredentials } from "./steps/credentials.js";
import { findAddresses } from "./steps/dns.js";
import { logIn } from "./steps/login.js";
import { checkOptions } from "./steps/options.js";
import { selectOne } from "./steps/query.js";
import { readSecret } from "./steps/secret.js";
import { identifyServer } from "./steps/server.js";
import { dial } from "./steps/tcp.js";
import { inspectTls } from "./steps/tls.js";
import { readToken } from "./steps/token.js";

const DEFAULT_TIMEOUT_MS = 15_000;
/** Beyond the limit of the whole, so that a server that has answered everything is not left without a goodbye. */
const GOODBYE_MS = 500;

/** The library's own options, of which `connectTimeoutMs` limits each step, and these. */
export interface DiagnoseOptions extends RdsProxyOptions {
  /** Default `"postgres"`; `"mysql"` is MariaDB's, too. */
  engine?: Engine | undefined;
  /** Limit of the whole, in milliseconds. Default 15000; inside of a function pass less than the time it has left. */
  timeoutMs?: number | undefined;
}

/**
 * Walks one connection from the outside in, as the library makes it, and stops at the first thing that is wrong. Opens two
 * connections one after the other: one that looks at the network and the certificate, and one that logs in.
 *
 * @param runtime clock and environment
 * @param nameOption how an option is called in the report, as the origin of a value
 * @returns what was found; whatever is wrong, options included, is in there and is not thrown
 * @example
 * const report = await diagnose({ timeoutMs: context.getRemainingTimeInMillis() - 1000 });
 * if (!report.isHealthy) console.error(formatReport(report));
 */
export async function diagnose(
  options: DiagnoseOptions = {},
  runtime: Runtime = systemRuntime,
  nameOption: (name: string) => string = (name) => `option ${name}`,
): Promise<Report> {
  const { clock } = runtime;
  const startedAt = clock.steadyMs();
  const steps: StepResult[] = [];
  const take: TakeStep = async (step, work) => {
    const stepStartedAt = clock.steadyMs();
    const finding = await work();
    steps.push(resultOf(step, finding, clock.steadyMs() - stepStartedAt));
    if (finding.outcome === "failed") throw new Stopped();
    return finding.learned;
  };
  try {
    await walk(options, runtime, nameOption, take);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  return {
    isHealthy: steps.every(({ outcome }) => outcome !== "failed"),
    durationMs: clock.steadyMs() - startedAt,
    steps: [...steps, ...STEP_NAMES.slice(steps.length).map(notReached)],
  };
}

/** Records what a step finds, and gives what it learned. */
type TakeStep = <Learned>(
  step: StepName,
  work: () => Finding<Learned> | Promise<Finding<Learned>>,
) => Promise<Learned>;

/** A step failed, and its result is recorded. */
class Stopped extends Error {}

async function walk(
  given: DiagnoseOptions,
  runtime: Runtime,
  nameOption: (name: string) => string,
  take: TakeStep,
): Promise<void> {
  const options = await take("options", () => checkOptions(given, runtime, nameOption));
  const { endpoint, connectTimeoutMs } = options;
  const end = deadlineIn(given.timeoutMs ?? DEFAULT_TIMEOUT_MS, runtime.clock);
  const soon = (): Deadline => atMost(connectTimeoutMs, end, runtime.clock);

  await take("dns", () => findAddresses(endpoint, soon()));
  const socket = await take("tcp", () => dial(endpoint, soon()));
  await take("tls", () => inspectTls(socket, options, soon()));
  const identity = await take("credentials", () => findCredentials(options, soon()));
  await take("token", () =>
    options.secret ? readSecret(options.secret, soon()) : readToken(options, identity.credentials),
  );
  const session = await take("login", () => logIn(options, identity, soon()));
  try {
    await take("query", () => selectOne(session, options, soon()));
    await take("server", () => identifyServer(session, options, soon()));
  } finally {
    await session.close(deadlineIn(GOODBYE_MS, runtime.clock));
  }
}

function resultOf(step: StepName, finding: Finding<unknown>, durationMs: number): StepResult {
  const { outcome, problem, facts, causes = [] } = finding;
  return { step, outcome, durationMs, ...(problem === undefined ? {} : { problem }), facts, causes };
}

function notReached(step: StepName): StepResult {
  return { step, outcome: "not reached", durationMs: 0, facts: [], causes: [] };
}
