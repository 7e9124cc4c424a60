import { describeEndpoint } from "../endpoint/endpoint.js";
import { RdsProxyError, type RdsProxyErrorCode } from "../errors.js";
import { type ConnectReport, emitEvent, type FailedAttempt } from "../events.js";
import { type ConnectFailure, classifyConnectFailure } from "../failures/classify.js";
import type { ConnectFailureKind } from "../failures/connect-failure.js";
import { findRdsProxyError } from "../failures/find-rds-proxy-error.js";
import { missingBundle } from "../failures/missing-bundle.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import { kernelRandom } from "../time/random.js";
import type { Connected } from "./connect.js";
import { describeLogin } from "./describe-login.js";
import { failedLogin } from "./login-record.js";
import { retryConnect } from "./retry.js";

const CODES: Readonly<Record<ConnectFailureKind, RdsProxyErrorCode>> = {
  exhausted: "RDS_PROXY_EXHAUSTED",
  throttled: "RDS_PROXY_THROTTLED",
  "borrow-timeout": "RDS_PROXY_BORROW_TIMEOUT",
  dropped: "RDS_PROXY_UNREACHABLE",
  starting: "RDS_PROXY_STARTING",
  auth: "RDS_PROXY_AUTHENTICATION_FAILED",
  "read-only": "RDS_PROXY_REFUSED",
  permanent: "RDS_PROXY_REFUSED",
};

/** The attempt that has failed, and how many there may be in all. */
interface FirstAttempt {
  readonly error: unknown;
  /** By the clock's `steadyMs()`. */
  readonly startedAt: number;
  readonly maxAttempts: number;
}

/**
 * What comes after a first attempt that failed: further ones as long as they may help, and the error that tells of all.
 *
 * @throws RdsProxyError
 */
export async function connectAgain<T>(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
  connect: () => Promise<T>,
  { error: firstError, startedAt, maxAttempts }: FirstAttempt,
): Promise<Connected<T>> {
  const { endpoint, runtime, secret } = options;
  const { clock, random = kernelRandom } = runtime;
  const failedAttempts: FailedAttempt[] = [];
  let attemptedAt = startedAt;
  let failedAt = startedAt;
  const outcome = await retryConnect(
    async (attempt) => {
      if (attempt === 1) throw firstError;
      attemptedAt = clock.steadyMs();
      return await connect();
    },
    {
      deadline,
      policy: { ...options.retry, maxAttempts },
      classify: async (error) => {
        const own = findRdsProxyError(error);
        if (own) return ownFailure(own);
        const failure = classifyConnectFailure(error, endpoint.engine, secret ? "secret" : "token");
        return failure.kind === "auth" ? afterRefusal(failure, error, options, deadline) : failure;
      },
      clock,
      random,
      onFailure: (attempt, { kind }, delayMs, error) => {
        failedAt = clock.steadyMs();
        failedAttempts.push({ attempt, kind, failedAt: clock.now(), delayMs, error });
        if (delayMs !== undefined) emitEvent("retry", endpoint, () => ({ attempt, kind, delayMs, error }));
      },
    },
  );
  const now = clock.steadyMs();
  const durationMs = now - startedAt;
  const attemptDurationMs = (outcome.succeeded ? now : failedAt) - attemptedAt;
  const report: ConnectReport = { attempts: outcome.attempts, durationMs, attemptDurationMs, failedAttempts };
  if (outcome.succeeded) return { connection: outcome.value, ...report };
  const error =
    // An error of ours says already what to do: no credentials, for instance.
    findRdsProxyError(outcome.error) ??
    (await connectError(outcome.error, outcome.failure, outcome.attempts, durationMs, options));
  emitEvent("failure", endpoint, () => ({ ...report, error }));
  throw error;
}

/** Has what logged in renewed, where that can be, for the next attempt. */
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
    // That the login was refused is the news; why nothing better could be had is what to look at next.
    const remedy = error instanceof Error ? error.message : String(error);
    return { ...failure, secret: "unchanged", remedy };
  }
}

/** No credentials, or closed meanwhile: whatever the cause looks like, it is not the database's. */
function ownFailure({ message, isPassing }: RdsProxyError): ConnectFailure {
  const kind = isPassing ? "throttled" : "permanent";
  return { kind, isLimited: false, isTls: false, remedy: "", message };
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
  const code = failure.isTls ? "RDS_PROXY_TLS" : CODES[failure.kind];
  return new RdsProxyError(code, sentences.join(" "), { cause, attempts });
}
