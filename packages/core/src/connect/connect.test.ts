import { PassThrough } from "node:stream";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { AwsCredentials } from "../credentials/aws-credentials.js";
import { RdsProxyError } from "../errors.js";
import { onRdsProxyEvent } from "../events.js";
import type { RdsProxyOptions } from "../options/options.js";
import { CREDENTIALS, ORIGIN, PROXY_HOST, resolvedOptions } from "../testing/resolved-options.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import { serverError } from "../testing/wrappers.js";
import { deadlineIn } from "../time/deadline.js";
import { type ConnectAttempt, type Connected, connectWithRetry } from "./connect.js";
import { timeoutRemedy } from "./connect-phase.js";
import { Login } from "./login.js";

const REFUSED_TOKEN = serverError(
  "28P01",
  "IAM authentication failed for user app. Check the IAM token for this user and try again.",
);

interface Trial {
  readonly options?: RdsProxyOptions;
  readonly budgetMs?: number;
  readonly attemptMs?: number;
}

/** Connects to a server that answers as scripted, the last answer for ever. */
async function connect(
  answers: readonly unknown[],
  { options = {}, budgetMs = 10_000, attemptMs = 100 }: Trial = {},
): Promise<{
  outcome: Connected<string> | RdsProxyError;
  tokens: string[];
  attempts: ConnectAttempt[];
  remaining: number[];
}> {
  const clock = createVirtualClock();
  const resolved = resolvedOptions(options, { clock });
  const tokens: string[] = [];
  const attempts: ConnectAttempt[] = [];
  const remaining: number[] = [];
  const outcome = await connectWithRetry(resolved, deadlineIn(budgetMs, clock), async (attempt) => {
    attempts.push(attempt);
    remaining.push(attempt.deadline.remainingMs());
    const login = new Login(resolved);
    tokens.push(await login.password());
    clock.advance(attemptMs);
    const answer = answers[Math.min(attempts.length, answers.length) - 1];
    if (answer === undefined) return "connection";
    login.failedWith(answer);
    throw answer;
  }).catch((error: unknown) => {
    if (error instanceof RdsProxyError) return error;
    throw error;
  });
  return { outcome, tokens, attempts, remaining };
}

async function failedConnect(answers: readonly unknown[], trial?: Trial): Promise<RdsProxyError> {
  const { outcome } = await connect(answers, trial);
  if (outcome instanceof RdsProxyError) return outcome;
  throw new Error("connected");
}

describe("a connection to an instance whose region's roots do not come along", () => {
  const host = "db-1.abcdefghijkl.il-central-1.rds.amazonaws.com";

  it.each([
    ["node-postgres", "SELF_SIGNED_CERT_IN_CHAIN"],
    ["mysql2", "HANDSHAKE_SSL_ERROR"],
  ])("fails in %s with the bundle that is missing, and where to get it", async (_, code) => {
    const refusal = Object.assign(new Error("self-signed certificate in certificate chain"), { code });
    expect(await failedConnect([refusal], { options: { host } })).toMatchObject({
      code: "RDS_PROXY_TLS",
      attempts: 1,
      message: expect.stringMatching(
        /no roots of il-central-1: get https:.*il-central-1-bundle\.pem .*`ssl\.ca`/,
      ),
    });
  });
});

describe("a connection", () => {
  it("comes with the number of attempts and the time that it took", async () => {
    const exhausted = serverError("53300", "sorry, too many clients already");
    const { outcome } = await connect([exhausted, exhausted, undefined]);
    expect(outcome).toEqual({
      connection: "connection",
      attempts: 3,
      durationMs: 375,
      attemptDurationMs: 100,
      failedAttempts: [
        { attempt: 1, kind: "exhausted", failedAt: START + 100, delayMs: 25, error: exhausted },
        { attempt: 2, kind: "exhausted", failedAt: START + 225, delayMs: 50, error: exhausted },
      ],
    });
  });

  it("is given connectTimeoutMs for each attempt, but half of what is left at most, as long as that is worth a try", async () => {
    const dropped = new Error("Connection terminated unexpectedly");
    const trial = { options: { connectTimeoutMs: 400 }, budgetMs: 1000, attemptMs: 300 };
    const { remaining } = await connect([dropped], trial);
    expect(remaining).toEqual([400, 337.5, 300, 22.5]);
  });

  it("is reported before each further attempt with the error", async () => {
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("retry", (event) => heard.push(event)));
    const exhausted = serverError("53300", "sorry, too many clients already");
    await connect([exhausted, undefined]);
    expect(heard).toEqual([{ ...ORIGIN, attempt: 1, kind: "exhausted", delayMs: 25, error: exhausted }]);
  });
});

describe("a connect that fails for good", () => {
  it.each([
    ["RDS_PROXY_EXHAUSTED", serverError("53300", "sorry, too many clients already")],
    ["RDS_PROXY_THROTTLED", serverError("53300", "Rate of connection to proxy exceeded 200.")],
    ["RDS_PROXY_BORROW_TIMEOUT", serverError("08000", "Timed-out waiting to acquire database connection.")],
    ["RDS_PROXY_UNREACHABLE", new Error("Connection terminated unexpectedly")],
    ["RDS_PROXY_STARTING", serverError("57P03", "the database system is starting up")],
    ["RDS_PROXY_AUTHENTICATION_FAILED", REFUSED_TOKEN],
    ["RDS_PROXY_REFUSED", serverError("25006", "cannot execute in a read-only transaction")],
    ["RDS_PROXY_REFUSED", serverError("3D000", 'database "shop" does not exist')],
    ["RDS_PROXY_TLS", serverError("28000", "This RDS Proxy requires TLS connections.")],
    [
      "RDS_PROXY_TLS",
      Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
    ],
  ])("has the code %s", async (code, answer) => {
    const error = await failedConnect([answer]);
    expect(error.code).toBe(code);
    expect(error.cause).toBe(answer);
  });

  it("is reported once, with the error and all attempts", async () => {
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("failure", (event) => heard.push(event)));
    const exhausted = serverError("53300", "sorry, too many clients already");
    const absent = serverError("3D000", 'database "shop" does not exist');
    const error = await failedConnect([exhausted, absent]);
    expect(heard).toEqual([
      {
        ...ORIGIN,
        error,
        attempts: 2,
        durationMs: 225,
        attemptDurationMs: 100,
        failedAttempts: [
          { attempt: 1, kind: "exhausted", failedAt: START + 100, delayMs: 25, error: exhausted },
          { attempt: 2, kind: "permanent", failedAt: START + 225, delayMs: undefined, error: absent },
        ],
      },
    ]);
  });

  it("its error names the endpoint, the attempts, their duration, the server's answer and what to check", async () => {
    const answer = serverError("53300", "sorry, too many clients already.");
    const error = await failedConnect([answer], { options: { retry: { maxAttempts: 3 } } });
    expect(error).toMatchObject({ name: "RdsProxyError", attempts: 3 });
    expect(error.message).toMatch(
      `Could not connect to app@${PROXY_HOST}:5432 after 3 attempts in 0.4 s: sorry, too many clients already. ` +
        "All connection slots are taken.",
    );
    expect(error.message).toContain("MaxConnectionsPercent");
  });

  it("its error has one attempt in the singular", async () => {
    expect((await failedConnect([serverError("3D000", "no such database")])).message).toContain(
      "after 1 attempt in 0.1 s:",
    );
  });

  it("its error has the server's answer without its final full stop only", async () => {
    const { message } = await failedConnect([serverError("3D000", 'database "a.b" does not exist.')]);
    expect(message).toContain(' s: database "a.b" does not exist. ');
  });

  it("its error has the phase in which the last attempt failed, and what to check if that took too long", async () => {
    const timedOut = Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
    const refused = serverError("3D000", "no such database");
    const options = resolvedOptions({}, { clock: createVirtualClock() });
    for (const [answer, phase, remedy] of [
      [timedOut, "tcp", timeoutRemedy("tcp")],
      [refused, "login", "no such database"],
    ] as const) {
      const stream = Object.assign(new PassThrough(), phase === "login" ? { authorized: true } : { phase });
      const failed = connectWithRetry(
        options,
        deadlineIn(1000, options.runtime.clock),
        async () => {
          const login = new Login(options);
          login.follow(() => stream);
          login.failedWith(answer);
          throw answer;
        },
        { maxAttempts: 1 },
      );
      await expect(failed).rejects.toMatchObject({
        phase,
        message: expect.stringContaining(remedy ?? "a remedy"),
      });
    }
  });

  it("passes on an error of the library unchanged", async () => {
    const credentials = async (): Promise<AwsCredentials> => {
      throw new Error("the role may not be assumed");
    };
    const error = await failedConnect([undefined], { options: { credentials } });
    expect(error).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS", attempts: undefined });
    expect(error.message).toContain("the role may not be assumed");
    expect(error.message).not.toContain("Could not connect");
  });
});

describe("credentials that cannot be loaded", () => {
  it("are requested once, and a network failure on the way to them is not classified as the database's", async () => {
    const lost = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    const credentials = vi.fn(async (): Promise<AwsCredentials> => {
      throw lost;
    });
    const error = await failedConnect([undefined], { options: { credentials } });
    expect(error).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS", cause: lost });
    expect(credentials).toHaveBeenCalledOnce();
  });
});

describe("credentials", () => {
  it.each([
    ["are reported as refused when the server refuses the token", REFUSED_TOKEN, 2],
    ["are not, when the connect fails otherwise", serverError("3D000", "no such database"), 0],
  ])("%s", async (_, answer, times) => {
    const clock = createVirtualClock();
    const refused = vi.fn();
    const credentials = Object.assign(
      async () => ({ credentials: CREDENTIALS, source: "provider" as const }),
      { refused },
    );
    const options = { ...resolvedOptions({}, { clock }), credentials };
    await expect(
      connectWithRetry(options, deadlineIn(10_000, clock), () => Promise.reject(answer)),
    ).rejects.toThrow();
    expect(refused).toHaveBeenCalledTimes(times);
  });
});

describe("a refused token", () => {
  it("is followed by one attempt with a token signed anew", async () => {
    const { outcome, tokens } = await connect([REFUSED_TOKEN], { attemptMs: 1000 });
    expect(outcome).toMatchObject({ code: "RDS_PROXY_AUTHENTICATION_FAILED", attempts: 2 });
    expect(new Set(tokens).size).toBe(2);
  });

  it("is reported with everything but the token", async () => {
    const options = { host: "127.0.0.1", port: 6000, signingHost: PROXY_HOST, signingPort: 5432 };
    const { message } = await failedConnect([REFUSED_TOKEN], { options, attemptMs: 1500 });
    for (const fact of [
      "app@127.0.0.1:6000 after 2 attempts",
      `Signed for ${PROXY_HOST}:5432, region eu-west-1, user app`,
      "token age 1.5 s",
      "valid until 2026-03-01T12:15:02.125Z",
      `temporary credentials ${CREDENTIALS.accessKeyId} from the option \`credentials\``,
      "expiring at 2026-03-01T18:00:00.000Z",
      `TLS: chain and name verified for ${PROXY_HOST} against Node's roots`,
      "rds-db:connect",
    ]) {
      expect(message).toContain(fact);
    }
  });

  it("shows neither a token nor a key nor a session token, however the error is printed", async () => {
    const { outcome, tokens } = await connect([REFUSED_TOKEN]);
    const shown = [
      inspect(outcome, { showHidden: true, depth: Infinity, getters: true }),
      JSON.stringify(outcome),
      String(outcome),
      outcome instanceof Error ? outcome.stack : "",
    ].join("\n");
    for (const secret of [
      ...tokens,
      "X-Amz-Signature",
      CREDENTIALS.secretAccessKey,
      CREDENTIALS.sessionToken,
    ]) {
      expect(shown).not.toContain(secret);
    }
  });
});
