import { atMost, type Deadline, deadlineIn } from "@rds-proxy/core/adapter";
import { type Runtime, systemRuntime } from "@rds-proxy/core/internal";
import type { DiagnoseOptions } from "./diagnose-options.js";
import type { Finding } from "./finding.js";
import { type DiagnosisReport, type DiagnosisStep, type DiagnosisStepName, STEP_NAMES } from "./report.js";
import { findCredentials } from "./steps/credentials.js";
import { findAddresses } from "./steps/dns.js";
import { logIn } from "./steps/login.js";
import { checkOptions } from "./steps/options.js";
import { selectOne } from "./steps/query.js";
import { readSecret } from "./steps/secret.js";
import { identifyServer } from "./steps/server.js";
import { inspectSigner } from "./steps/signer.js";
import { dial } from "./steps/tcp.js";
import { inspectTls } from "./steps/tls.js";
import { inspectToken } from "./steps/token.js";

const DEFAULT_TIMEOUT_MS = 15_000;
/** Not part of `timeoutMs`: a connection is closed gracefully even if the steps used up all of it. */
const CLOSE_TIMEOUT_MS = 500;

/**
 * Checks one connection step by step, as the library makes it, from the network to the server, and stops at the first step
 * that fails. It opens two connections, one after the other: the first to check the network and the certificate, the second
 * to log in.
 *
 * @param runtime clock and environment variables; defaults to those of the process
 * @param nameOption names an option in the report, where a value comes from it
 * @returns the report; failures, invalid options included, are in the report and not thrown
 * @example
 * const report = await diagnose({ timeoutMs: context.getRemainingTimeInMillis() - 1000 });
 * if (!report.isHealthy) console.error(formatReport(report));
 */
export async function diagnose(
  options: DiagnoseOptions = {},
  runtime: Runtime = systemRuntime,
  nameOption: (name: string) => string = (name) => `option ${name}`,
): Promise<DiagnosisReport> {
  const { clock } = runtime;
  const startedAt = clock.steadyMs();
  const steps: DiagnosisStep[] = [];
  const runStep: RunStep = async (step, work) => {
    const stepStartedAt = clock.steadyMs();
    const finding = await work();
    steps.push(stepOf(step, finding, clock.steadyMs() - stepStartedAt));
    if (finding.outcome === "failed") throw new StepFailed();
    return finding.result;
  };
  try {
    await runSteps(options, runtime, nameOption, runStep);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  }
  return {
    isHealthy: steps.every(({ outcome }) => outcome !== "failed"),
    durationMs: clock.steadyMs() - startedAt,
    steps: [...steps, ...STEP_NAMES.slice(steps.length).map(notReached)],
  };
}

/** Runs a step, records its finding and returns its result. */
type RunStep = <Result>(
  step: DiagnosisStepName,
  work: () => Finding<Result> | Promise<Finding<Result>>,
) => Promise<Result>;

/** Ends the diagnosis. The finding of the failed step is recorded already. */
class StepFailed extends Error {}

async function runSteps(
  given: DiagnoseOptions,
  runtime: Runtime,
  nameOption: (name: string) => string,
  runStep: RunStep,
): Promise<void> {
  const options = await runStep("options", () => checkOptions(given, runtime, nameOption));
  const { endpoint, connectTimeoutMs } = options;
  const deadline = deadlineIn(given.timeoutMs ?? DEFAULT_TIMEOUT_MS, runtime.clock);
  const stepDeadline = (): Deadline => atMost(connectTimeoutMs, deadline, runtime.clock);

  await runStep("dns", () => findAddresses(endpoint, stepDeadline()));
  const socket = await runStep("tcp", () => dial(endpoint, stepDeadline()));
  await runStep("tls", () => inspectTls(socket, options, stepDeadline()));
  const identity = await runStep("credentials", () => findCredentials(options, stepDeadline()));
  await runStep("token", () => {
    if (options.secret) return readSecret(options.secret, stepDeadline());
    const { credentials } = identity;
    return credentials ? inspectToken(options, credentials) : inspectSigner(options, stepDeadline());
  });
  const connection = await runStep("login", () => logIn(options, identity, stepDeadline()));
  try {
    await runStep("query", () => selectOne(connection, options, stepDeadline()));
    await runStep("server", () => identifyServer(connection, options, stepDeadline()));
  } finally {
    await connection.close(deadlineIn(CLOSE_TIMEOUT_MS, runtime.clock));
  }
}

function stepOf(step: DiagnosisStepName, finding: Finding<unknown>, durationMs: number): DiagnosisStep {
  const { outcome, problem, facts, causes = [] } = finding;
  return { step, outcome, durationMs, ...(problem === undefined ? {} : { problem }), facts, causes };
}

function notReached(step: DiagnosisStepName): DiagnosisStep {
  return { step, outcome: "not reached", durationMs: 0, facts: [], causes: [] };
}
