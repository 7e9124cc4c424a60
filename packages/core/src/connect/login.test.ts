import { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { inspect } from "node:util";
import { queryObjects } from "node:v8";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { AuthToken } from "../credentials/auth-token.js";
import type { AwsCredentials } from "../credentials/aws-credentials.js";
import { createCredentialSource } from "../credentials/credential-source.js";
import { onRdsProxyEvent } from "../events.js";
import { classifyConnectFailure } from "../failures/classify.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { fakeTimeClock, passTime, useFakeTime } from "../testing/fake-time.js";
import { CREDENTIALS, ORIGIN, PROXY_HOST, resolvedOptions } from "../testing/resolved-options.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { AbortedLogin } from "./aborted-login.js";
import { describeLogin, explainAbortedLogin } from "./describe-login.js";
import { Login } from "./login.js";
import { failedLogin } from "./login-record.js";

const LONG_TERM: AwsCredentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" };

describe("a login", () => {
  it("signs nothing before the server asks for the password", async () => {
    const credentials = vi.fn(async () => CREDENTIALS);
    const options = resolvedOptions({ credentials });
    const login = new Login(options);
    expect(credentials).not.toHaveBeenCalled();
    expect(describeLogin(login, options)).toBe(
      `Signed for ${PROXY_HOST}:5432, region eu-west-1, user app; the server did not ask for the token; ` +
        `TLS: chain and name verified for ${PROXY_HOST} against Node's roots.`,
    );
    await login.password();
    expect(credentials).toHaveBeenCalledOnce();
  });

  it("signs with its own credentials and at its own time", async () => {
    const clock = createVirtualClock();
    const keys = ["AKIAFIRST", "AKIASECOND"];
    const credentials = async (): Promise<AwsCredentials> => ({
      ...LONG_TERM,
      accessKeyId: keys.shift() ?? "AKIANONE",
    });
    const options = resolvedOptions({ credentials }, { clock });
    expect(await new Login(options).password()).toMatch(/AKIAFIRST.*X-Amz-Date=20260301T120000Z/);
    clock.advance(20 * 60_000);
    expect(await new Login(options).password()).toMatch(/AKIASECOND.*X-Amz-Date=20260301T122000Z/);
  });

  it("reports that it signed and with which key, but not the token", async () => {
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("sign", (event) => heard.push(event)));
    await new Login(resolvedOptions()).password();
    expect(heard).toEqual([
      {
        ...ORIGIN,
        accessKeyId: CREDENTIALS.accessKeyId,
        credentialSource: "option",
        expiresAt: Date.parse("2026-03-01T12:15:00.000Z"),
      },
    ]);
  });

  it("shows its token nowhere", async () => {
    const options = resolvedOptions();
    const login = new Login(options);
    const token = await login.password();
    const shown = [
      inspect(login, { showHidden: true, depth: Infinity }),
      JSON.stringify(login),
      describeLogin(login, options),
    ];
    expect(shown.join()).not.toContain(token);
    expect(shown.join()).not.toContain("X-Amz-Signature");
  });

  it("keeps neither its token nor the keys that signed it", async () => {
    class Keys {
      readonly accessKeyId = CREDENTIALS.accessKeyId;
      readonly secretAccessKey = CREDENTIALS.secretAccessKey;
    }
    const options: ResolvedRdsProxyOptions = {
      ...resolvedOptions(),
      credentials: async () => ({ credentials: new Keys(), source: "provider" }),
    };
    const login = new Login(options);
    await login.password();
    expect([queryObjects(AuthToken), queryObjects(Keys)]).toEqual([0, 0]);
    expect(describeLogin(login, options)).toContain(CREDENTIALS.accessKeyId);
  });
});

describe("a login whose credentials do not come", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  function waitingLogin(
    credentials: () => Promise<AwsCredentials> = () => new Promise(() => undefined),
  ): Login {
    useFakeTime(START);
    return new Login(resolvedOptions({ credentials }, { clock: fakeTimeClock }));
  }

  it("fails before its attempt times out, and names the provider as the cause", async () => {
    const login = waitingLogin();
    const settled = vi.fn();
    const failed = login.password().catch((error: unknown) => {
      settled();
      return error;
    });
    await passTime(3999);
    expect(settled).not.toHaveBeenCalled();
    await passTime(1);
    expect(settled).toHaveBeenCalled();
    const error = await failed;
    expect(error).toMatchObject({ name: "RdsProxyError", code: "RDS_PROXY_NO_CREDENTIALS" });
    expect(error).toHaveProperty(
      "message",
      expect.stringContaining(
        "the provider in the option `credentials` (or STS for `roleArn`, or the SDK's default chain) did not answer in 4.0 s.",
      ),
    );
  });

  /** The error of an attempt that has so long from now. */
  async function endedAfter(login: Login, budgetMs: number): Promise<unknown> {
    const never = new Promise<never>(() => undefined);
    const failed = login
      .within(never, deadlineIn(budgetMs, fakeTimeClock), () => undefined)
      .catch((error: unknown) => error);
    await passTime(budgetMs);
    return await failed;
  }

  const SILENT_SERVER = expect.objectContaining({ code: "ETIMEDOUT" });

  it("names the provider as the cause if the attempt ends between the server's request and the provider's answer", async () => {
    const { promise, resolve } = Promise.withResolvers<AwsCredentials>();
    const login = waitingLogin(() => promise);
    expect(await endedAfter(login, 500)).toEqual(SILENT_SERVER);
    const password = login.password();
    expect(await endedAfter(login, 1500)).toHaveProperty(
      "message",
      expect.stringContaining("did not answer in 1.5 s."),
    );
    resolve(CREDENTIALS);
    await password;
    expect(await endedAfter(login, 500)).toEqual(SILENT_SERVER);
  });

  it.each([
    ["they cannot be had", () => Promise.reject(new Error("no profile")), 0],
    ["they do not come in time", undefined, 4000],
  ])("waits no longer when %s", async (_, credentials, passedMs) => {
    const login = waitingLogin(credentials);
    const failed = login.password().catch((error: unknown) => error);
    await passTime(passedMs);
    expect(await failed).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    expect(await endedAfter(login, 500)).toEqual(SILENT_SERVER);
  });

  it("closes the socket at once when an attempt ends, before it rejects", async () => {
    const login = waitingLogin();
    const socket = new PassThrough();
    const never = new Promise<never>(() => undefined);
    const failed = login.within(never, deadlineIn(500, fakeTimeClock), () => socket);
    vi.advanceTimersByTime(500);
    expect(socket.destroyed).toBe(true);
    await expect(failed).rejects.toEqual(SILENT_SERVER);
  });

  it.each(["postgres", "mysql"] as const)(
    "is not taken for a silent %s server, even inside a driver's own error",
    (engine) => {
      const cause = explainAbortedLogin(new AbortedLogin("no credentials"), undefined, resolvedOptions());
      for (const error of [cause, new Error("the auth token could not be signed", { cause })]) {
        expect(classifyConnectFailure(error, engine).kind).toBe("permanent");
      }
    },
  );
});

describe("a server that sends before the login is done", () => {
  const LONGEST_BYTES = 2 ** 20;

  /** A login on a socket that has received so many bytes. It is done when that was read twice. */
  async function logInAfter(bytesRead: number): Promise<{ socket: Socket; outcome: unknown }> {
    const { promise, resolve } = Promise.withResolvers<string>();
    let reads = 0;
    const socket = Object.defineProperty(new Socket(), "bytesRead", {
      get() {
        if (++reads === 2) resolve("connected");
        return bytesRead;
      },
    });
    const login = new Login(resolvedOptions());
    const outcome: unknown = await login
      .within(promise, deadlineIn(10_000, createVirtualClock()), () => socket)
      .catch((error: unknown) => error);
    return { socket, outcome };
  }

  it("may send a megabyte", async () => {
    const { socket, outcome } = await logInAfter(LONGEST_BYTES);
    expect(outcome).toBe("connected");
    expect(socket.destroyed).toBe(false);
  });

  it("loses the connection when it sends more", async () => {
    const { socket, outcome } = await logInAfter(LONGEST_BYTES + 1);
    expect(outcome).toMatchObject({
      code: "RDS_PROXY_REFUSED",
      message:
        `Could not connect to app@${PROXY_HOST}:5432: the server sent more than a megabyte before the login was done. ` +
        "What answers at this address does not speak the database's protocol.",
    });
    expect(socket.destroyed).toBe(true);
  });
});

describe("the description of a failed login", () => {
  it("is found by its error, which itself is unchanged", async () => {
    const clock = createVirtualClock();
    const options = resolvedOptions({}, { clock });
    const login = new Login(options);
    await login.password();
    clock.advance(2345);
    const error = new Error("refused");
    const before = inspect(error, { showHidden: true });
    login.failedWith(error);
    expect(failedLogin(error)).toBe(login);
    expect(describeLogin(login, options)).toContain("token age 2.3 s, valid until 2026-03-01T12:15:00.000Z");
    expect(inspect(error, { showHidden: true })).toBe(before);
  });

  it("is found by the error of an attempt that ended, with its socket", async () => {
    const login = new Login(resolvedOptions());
    const socket = new PassThrough();
    const refused = new Error("refused");
    await expect(
      login.within(Promise.reject(refused), deadlineIn(500, createVirtualClock()), () => socket),
    ).rejects.toBe(refused);
    expect(failedLogin(refused)).toBe(login);
    expect(login.stream).toBe(socket);
  });

  it("is found by the error of a login that its caller gave up", () => {
    const login = new Login(resolvedOptions());
    const error = login.timedOut();
    expect(error).toMatchObject({ reason: "no answer", waitedMs: 0 });
    expect(failedLogin(error)).toBe(login);
  });

  it.each([undefined, null, "text", new Error("another")])("is nothing for %o", (error) => {
    new Login(resolvedOptions()).failedWith("text");
    expect(failedLogin(error)).toBeUndefined();
  });

  it.each([
    [
      "option",
      "long-term credentials AKIAIOSFODNN7EXAMPLE from the option `credentials`, without a known expiry",
    ],
    ["provider", "long-term credentials AKIAIOSFODNN7EXAMPLE from the provider in the option `credentials`"],
    ["environment", "temporary credentials ASIAENV from the environment variables, without a known expiry"],
  ] as const)("names where the credentials came from: %s", async (source, said) => {
    const env = {
      AWS_ACCESS_KEY_ID: "ASIAENV",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "session",
    };
    const options = {
      option: resolvedOptions({ credentials: LONG_TERM }),
      provider: resolvedOptions({ credentials: async () => LONG_TERM }),
      environment: { ...resolvedOptions(), credentials: createCredentialSource(undefined, env) },
    };
    const login = new Login(options[source]);
    await login.password();
    expect(describeLogin(login, options[source])).toContain(said);
  });
});
