import { describeEndpoint } from "../endpoint/endpoint.js";
import { type ConnectPhase, RdsProxyError } from "../errors.js";
import { type ConnectReport, emitEvent, type FailedAttempt } from "../events.js";
import { type ConnectFailure, classifyConnectFailure, failureOf } from "../failures/classify.js";
import { errorCodeOf } from "../failures/connect-failure.js";
import { errorChain } from "../failures/error-chain.js";
import { findRdsProxyError } from "../failures/find-rds-proxy-error.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import { kernelRandom } from "../time/random.js";
import { AbortedLogin } from "./aborted-login.js";
import { phaseOf, timeoutRemedy } from "./connect-phase.js";
import { describeLogin, explainAbortedLogin } from "./describe-login.js";
import { failedLogin, noteFailedLogin } from "./login-record.js";
import { missingBundle } from "./missing-bundle.js";
import { RetrySchedule } from "./retry.js";

/** One call of `connectWithRetry`. */
interface Connect {
  readonly deadline: Deadline;
  /** By the clock's `steadyMs()`. */
  readonly startedAt: number;
  readonly maxAttempts: number;
}

/** The failed attempts of one connect: classifies each, decides when the next one starts, and builds the final error. */
export class FailedAttempts {
  readonly list: FailedAttempt[] = [];
  readonly #options: ResolvedRdsProxyOptions;
  readonly #connect: Connect;
  readonly #schedule: RetrySchedule;

  constructor(options: ResolvedRdsProxyOptions, connect: Connect) {
    const { clock, random = kernelRandom } = options.runtime;
    const { deadline, maxAttempts } = connect;
    this.#options = options;
    this.#connect = connect;
    this.#schedule = new RetrySchedule({
      deadline,
      policy: { ...options.retry, maxAttempts },
      clock,
      random,
    });
  }

  /**
   * @param attempt the attempt that just failed, counted from 1
   * @param attemptedAt when it started, by the clock's `steadyMs()`
   * @returns the wait before the next attempt, in milliseconds
   * @throws RdsProxyError when no further attempt follows
   */
  async delayAfter(thrown: unknown, attempt: number, attemptedAt: number): Promise<number> {
    const { endpoint, runtime } = this.#options;
    const { clock } = runtime;
    const error = explain(thrown, this.#options);
    const phase = phaseOfFailure(error);
    const failure = await classify(error, this.#options, this.#connect.deadline);
    const next = this.#schedule.next(error, failure, attempt);
    const { kind } = failure;
    const failedAt = clock.steadyMs();
    const delayMs = typeof next === "number" ? next : undefined;
    this.list.push({ attempt, kind, phase, failedAt: clock.now(), delayMs, error });
    if (typeof next === "number") {
      emitEvent("retry", endpoint, () => ({ attempt, kind, phase, delayMs: next, error }));
      return next;
    }
    const durationMs = failedAt - this.#connect.startedAt;
    const attemptDurationMs = failedAt - attemptedAt;
    const final =
      // Our own errors, such as missing credentials, already say what to do.
      findRdsProxyError(next.error) ??
      (await connectError(next.error, next.failure, attempt, durationMs, this.#options));
    const report: ConnectReport = {
      attempts: attempt,
      durationMs,
      attemptDurationMs,
      failedAttempts: this.list,
    };
    emitEvent("failure", endpoint, () => ({ ...report, error: final }));
    throw final;
  }
}

/** A pool's deadline ends a login without a message. */
function explain(error: unknown, options: ResolvedRdsProxyOptions): unknown {
  if (!(error instanceof AbortedLogin)) return error;
  const login = failedLogin(error);
  const explained = explainAbortedLogin(error, login, options);
  if (login) noteFailedLogin(explained, login);
  return explained;
}

function phaseOfFailure(error: unknown): ConnectPhase | undefined {
  return findRdsProxyError(error)?.phase ?? phaseOf(failedLogin(error));
}

async function classify(
  error: unknown,
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<ConnectFailure> {
  const own = findRdsProxyError(error);
  if (own) return ownFailure(own);
  const { endpoint, secret } = options;
  const failure = classifyConnectFailure(error, endpoint.engine, secret ? "secret" : "token");
  if (failure.kind === "auth") return afterRefusal(failure, error, options, deadline);
  const isTimeout = errorChain(error).some(({ codes }) => codes.includes("ETIMEDOUT"));
  const remedy = isTimeout ? timeoutRemedy(phaseOfFailure(error)) : undefined;
  return remedy === undefined ? failure : { ...failure, remedy };
}

/** Renews the credentials or the secret, if possible, for the next attempt. */
async function afterRefusal(
  failure: ConnectFailure,
  refusal: unknown,
  { credentials, secret, connectTimeoutMs, runtime: { clock } }: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<ConnectFailure> {
  if (!secret) {
    credentials.refused?.(clock.steadyMs());
    return failure;
  }
  const used = failedLogin(refusal)?.secretValue;
  try {
    const hasChanged =
      used && (await secret.hasChangedSince(used, atMost(connectTimeoutMs, deadline, clock)));
    return { ...failure, secret: hasChanged ? "changed" : "unchanged" };
  } catch (error) {
    // The refusal stays the error. Why the secret could not be read again is what to check next.
    const remedy = error instanceof Error ? error.message : String(error);
    return { ...failure, secret: "unchanged", remedy };
  }
}

/** Our own error, such as missing credentials: its cause is not classified, since it is not the database's. */
function ownFailure({ message, isTransient }: RdsProxyError): ConnectFailure {
  return failureOf({ kind: isTransient ? "credentials" : "permanent", remedy: message }, message);
}

async function connectError(
  cause: unknown,
  failure: ConnectFailure,
  attempts: number,
  durationMs: number,
  options: ResolvedRdsProxyOptions,
): Promise<RdsProxyError> {
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  const login = failure.kind === "auth" ? failedLogin(cause) : undefined;
  const sentences = [
    `Could not connect to ${describeEndpoint(options.endpoint)} after ${tries} in ${(durationMs / 1000).toFixed(1)} s: ` +
      `${failure.message.trim().replace(/\.$/, "")}.`,
    ...(login ? [describeLogin(login, options)] : []),
    (failure.isTls && (await missingBundle(options, failure.message))) || failure.remedy,
  ];
  const code = errorCodeOf(failure);
  return new RdsProxyError(code, sentences.join(" "), { cause, attempts, phase: phaseOfFailure(cause) });
}
