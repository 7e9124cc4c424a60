import type { ConnectFailure } from "./connect-failure.js";
import { atMost, type Deadline, shareOf } from "./deadline.js";
import { describeEndpoint } from "./endpoint.js";
import type { Engine } from "./engine.js";
import { findRdsProxyError, RdsProxyError, type RdsProxyErrorCode } from "./errors.js";
import { emitEvent } from "./events.js";
import type { ConnectFailureKind } from "./failure-row.js";
import { failedLogin } from "./login.js";
import type { ResolvedRdsProxyOptions } from "./options.js";
import { retryConnect } from "./retry.js";

/** The limits of one attempt. Whoever connects gives up and closes its socket when `deadline` passes. */
export interface ConnectAttempt {
  readonly deadline: Deadline;
}

/** A connection, and what it took to get it. */
export interface Connected<T> {
  readonly connection: T;
  readonly attempts: number;
  /** All attempts and the waits between them. */
  readonly durationMs: number;
}

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

/**
 * Opens one connection, retrying what passes by itself until the deadline.
 *
 * @throws RdsProxyError that says what failed, where, how often it was tried and what to check; the driver's
 *   error is its `cause`
 */
export async function connectWithRetry<T>(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
  connect: (attempt: ConnectAttempt) => Promise<T>,
  { maxAttempts = options.retry.maxAttempts }: { maxAttempts?: number } = {},
): Promise<Connected<T>> {
  const { endpoint, runtime, secret } = options;
  const { clock, random } = runtime;
  const startedAt = clock.now();
  const outcome = await retryConnect(
    async () =>
      connect({ deadline: atMost(Math.min(options.connectTimeoutMs, shareOf(deadline)), deadline, clock) }),
    {
      deadline,
      policy: { ...options.retry, maxAttempts },
      classify: async (error) => {
        const own = findRdsProxyError(error);
        if (own) return ownFailure(own);
        const failure = await classify(error, endpoint.engine, secret ? "secret" : "token");
        return failure.kind === "auth" ? afterRefusal(failure, error, options, deadline) : failure;
      },
      clock,
      random,
      onRetry: (attempt, { kind }, delayMs, error) =>
        emitEvent("retry", () => ({ endpoint: describeEndpoint(endpoint), attempt, kind, delayMs, error })),
    },
  );
  const durationMs = clock.now() - startedAt;
  if (outcome.succeeded) return { connection: outcome.value, attempts: outcome.attempts, durationMs };
  // An error of ours says already what to do: no credentials, for instance.
  const own = findRdsProxyError(outcome.error);
  if (own) throw own;
  throw connectError(outcome.error, outcome.failure, outcome.attempts, durationMs, options);
}

/** The tables of failures are read when there is one, and not in each cold start. */
async function classify(error: unknown, engine: Engine, method: "token" | "secret"): Promise<ConnectFailure> {
  try {
    const { classifyConnectFailure } = await import("./connect-failure.js");
    return classifyConnectFailure(error, engine, method);
  } catch (cause) {
    // Some file of a bundle was not deployed. What went wrong with the connection must not be lost over it.
    throw new AggregateError(
      [error, cause],
      "A connection could not be opened, and the file that tells why could not be loaded: deploy the bundle whole.",
    );
  }
}

/** Has what logged in renewed, where that can be, for the next attempt. */
async function afterRefusal(
  failure: ConnectFailure,
  refusal: unknown,
  { credentials, secret, connectTimeoutMs, runtime: { clock } }: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<ConnectFailure> {
  if (!secret) {
    credentials.refused?.(clock.now());
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

function connectError(
  cause: unknown,
  failure: ConnectFailure,
  attempts: number,
  durationMs: number,
  { endpoint }: ResolvedRdsProxyOptions,
): RdsProxyError {
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  const login = failure.kind === "auth" ? failedLogin(cause)?.describe() : undefined;
  const sentences = [
    `Could not connect to ${describeEndpoint(endpoint)} after ${tries} in ${(durationMs / 1000).toFixed(1)} s: ` +
      `${failure.message.trim().replace(/\.$/, "")}.`,
    ...(login ? [login] : []),
    failure.remedy,
  ];
  const code = failure.isTls ? "RDS_PROXY_TLS" : CODES[failure.kind];
  return new RdsProxyError(code, sentences.join(" "), { cause, attempts });
}
