import { inspect } from "node:util";
import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Connected, connectWithRetry } from "../connect/connect.js";
import { describeLogin } from "../connect/describe-login.js";
import { Login } from "../connect/login.js";
import { describeEndpoint } from "../endpoint/endpoint.js";
import { RdsProxyError } from "../errors.js";
import type { RdsProxyOptions, ResolvedRdsProxyOptions } from "../options/options.js";
import { errorOf } from "../testing/errors.js";
import { fakeTimeClock, passTime, useFakeTime } from "../testing/fake-time.js";
import { CREDENTIALS, PROXY_HOST, resolvedOptions } from "../testing/resolved-options.js";
import { createVirtualClock, START, type VirtualClock } from "../testing/virtual-clock.js";
import { serverError } from "../testing/wrappers.js";
import { deadlineIn } from "../time/deadline.js";
import { checkSecret, type SecretOptions } from "./secret.js";

const SECRET = "arn:aws:secretsmanager:eu-central-1:222222222222:secret:orders-AbCdEf";
const WRONG_PASSWORD = serverError("28P01", "The password that was provided for the role app is wrong.");
const MINUTE_MS = 60_000;

const manager = mockClient(SecretsManagerClient);
afterEach(() => {
  manager.reset();
  vi.useRealTimers();
});

function value(password: string, username = "app", version = "v1"): Partial<GetSecretValueCommandOutput> {
  return {
    SecretString: JSON.stringify({ engine: "postgres", username, password }),
    VersionId: version,
  };
}

function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), {
    name,
    $fault: "client",
    $metadata: { httpStatusCode: 400 },
  });
}

/** Waits for a request to be on its way: loading the client takes real time, and a late one would be the next test's. */
async function untilSent(requests: number): Promise<void> {
  while (manager.calls().length < requests) await new Promise((resolve) => setImmediate(resolve));
}

function setUp(options: RdsProxyOptions = {}): { clock: VirtualClock; resolved: ResolvedRdsProxyOptions } {
  const clock = createVirtualClock();
  const resolved = resolvedOptions({ user: undefined, secret: { secretId: SECRET }, ...options }, { clock });
  return { clock, resolved };
}

/** Logs in to a server that accepts these passwords, and returns the passwords and users that it received. */
async function logIn(
  resolved: ResolvedRdsProxyOptions,
  clock: VirtualClock,
  right: readonly string[],
): Promise<{ outcome: Connected<string> | RdsProxyError; shown: string[] }> {
  const shown: string[] = [];
  const outcome = await connectWithRetry(resolved, deadlineIn(10_000, clock), async () => {
    const login = new Login(resolved);
    await login.prepare();
    const { user } = resolved.endpoint;
    const password = await login.password();
    shown.push(`${user}: ${password}`);
    if (right.includes(password)) return "connection";
    login.failedWith(WRONG_PASSWORD);
    throw WRONG_PASSWORD;
  }).catch((error: unknown) => {
    if (error instanceof RdsProxyError) return error;
    throw error;
  });
  return { outcome, shown };
}

describe("the password of a secret", () => {
  it("logs in the secret's user, and is read where the secret is, by the credentials in the options", async () => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolves(value("hunter2"));
    expect(describeEndpoint(resolved.endpoint)).toBe(`${PROXY_HOST}:5432`);
    expect((await logIn(resolved, clock, ["hunter2"])).shown).toEqual(["app: hunter2"]);
    expect(resolved.endpoint).toMatchObject({ user: "app", database: "app" });
    expect(describeEndpoint(resolved.endpoint)).toBe(`app@${PROXY_HOST}:5432`);
    const { args, thisValue } = manager.call(0);
    expect(args[0].input).toEqual({ SecretId: SECRET });
    expect(await thisValue.config.region()).toBe("eu-central-1");
    expect(await thisValue.config.credentials()).toMatchObject({ accessKeyId: CREDENTIALS.accessKeyId });
  });

  it("is read in the endpoint's region when the secret is given by its name", async () => {
    const { clock, resolved } = setUp({ secret: { secretId: "prod/orders" } });
    manager.on(GetSecretValueCommand).resolves(value("hunter2"));
    await logIn(resolved, clock, ["hunter2"]);
    expect(await manager.call(0).thisValue.config.region()).toBe("eu-west-1");
  });

  it("is read once for all logins of a minute", async () => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolves(value("hunter2"));
    await Promise.all([1, 2, 3].map(() => logIn(resolved, clock, ["hunter2"])));
    clock.advance(MINUTE_MS - 1);
    await logIn(resolved, clock, ["hunter2"]);
    expect(manager.calls()).toHaveLength(1);
    clock.advance(1);
    await logIn(resolved, clock, ["hunter2"]);
    expect(manager.calls()).toHaveLength(2);
  });

  it("that was rotated is followed by one more attempt, with the new one and its user", async () => {
    const { clock, resolved } = setUp();
    manager
      .on(GetSecretValueCommand)
      .resolvesOnce(value("old"))
      .resolves(value("new", "app_clone", "v2"));
    await logIn(resolved, clock, ["old"]);
    const { outcome, shown } = await logIn(resolved, clock, ["new"]);
    expect(shown).toEqual(["app: old", "app_clone: new"]);
    expect(outcome).toMatchObject({ attempts: 2 });
    // Not the second that a new token needs.
    expect(clock.sleeps).toEqual([125]);
  });

  it("that was read by another login meanwhile is tried without reading it again", async () => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolvesOnce(value("old")).resolves(value("new"));
    await logIn(resolved, clock, ["old"]);
    const both = await Promise.all([1, 2].map(() => logIn(resolved, clock, ["new"])));
    expect(both.map(({ shown }) => shown)).toEqual(Array(2).fill(["app: old", "app: new"]));
    expect(manager.calls()).toHaveLength(2);
  });

  it("that is refused, and that nothing has replaced, is not tried again", async () => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolves(value("hunter2"));
    const { outcome, shown } = await logIn(resolved, clock, []);
    expect(shown).toEqual(["app: hunter2"]);
    expect(manager.calls()).toHaveLength(2);
    expect(outcome).toMatchObject({
      code: "RDS_PROXY_AUTHENTICATION_FAILED",
      attempts: 1,
      cause: WRONG_PASSWORD,
    });
    expect(outcome).toHaveProperty(
      "message",
      expect.stringContaining(
        `Password of the secret ${SECRET}, version v1, read 0.0 s ago, user app; TLS: chain and name verified`,
      ),
    );
    expect(outcome).toHaveProperty("message", expect.stringContaining("IAMAuth DISABLED"));
    expect(inspect(outcome, { depth: null, showHidden: true })).not.toContain("hunter2");
  });

  it("that is refused twice, with a rotation in between, is not tried a third time", async () => {
    const { clock, resolved } = setUp();
    manager
      .on(GetSecretValueCommand)
      .resolvesOnce(value("one"))
      .resolvesOnce(value("two"))
      .resolves(value("three"));
    const { outcome, shown } = await logIn(resolved, clock, []);
    expect(shown).toEqual(["app: one", "app: two"]);
    expect(outcome).toMatchObject({ code: "RDS_PROXY_AUTHENTICATION_FAILED", attempts: 2 });
  });

  it("that is refused, and whose secret cannot be read again, reports both", async () => {
    const { clock, resolved } = setUp();
    manager
      .on(GetSecretValueCommand)
      .resolvesOnce(value("hunter2"))
      .rejects(awsError("AccessDeniedException", "not authorized to perform: secretsmanager:GetSecretValue"));
    const { outcome, shown } = await logIn(resolved, clock, []);
    expect(outcome).toMatchObject({ code: "RDS_PROXY_AUTHENTICATION_FAILED", cause: WRONG_PASSWORD });
    expect(shown).toEqual(["app: hunter2"]);
    expect(outcome).toHaveProperty(
      "message",
      expect.stringMatching(/password .* is wrong.*could not be read \(AccessDenied/),
    );
  });

  it("serves on while Secrets Manager is throttling, and not when it may not be read any more", async () => {
    const { clock, resolved } = setUp();
    manager
      .on(GetSecretValueCommand)
      .resolvesOnce(value("hunter2"))
      .rejectsOnce(awsError("ThrottlingException", "Rate exceeded"))
      .rejects(awsError("AccessDeniedException", "not authorized"));
    await logIn(resolved, clock, ["hunter2"]);
    clock.advance(MINUTE_MS);
    expect((await logIn(resolved, clock, ["hunter2"])).outcome).toMatchObject({ attempts: 1 });
    // Not asked again for ten seconds.
    clock.advance(9_999);
    expect((await logIn(resolved, clock, ["hunter2"])).outcome).toMatchObject({ attempts: 1 });
    expect(manager.calls()).toHaveLength(2);
    clock.advance(1);
    expect((await logIn(resolved, clock, ["hunter2"])).outcome).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
    });
  });

  it("is shown by nothing that was made of the options", async () => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolves(value("hunter2"));
    await logIn(resolved, clock, ["hunter2"]);
    expect(inspect(resolved, { depth: null, showHidden: true, getters: true })).toContain("app");
    expect(JSON.stringify(resolved)).not.toContain("hunter2");
    expect(inspect(resolved, { depth: null, showHidden: true })).not.toContain("hunter2");
  });
});

describe("the user", () => {
  it("of the options logs in when it is the secret's", async () => {
    const { clock, resolved } = setUp({ user: "app" });
    manager.on(GetSecretValueCommand).resolves(value("hunter2"));
    expect((await logIn(resolved, clock, ["hunter2"])).shown).toEqual(["app: hunter2"]);
  });

  it("of the secret names no database before the secret has been read", () => {
    const { endpoint } = setUp().resolved;
    expect([endpoint.user, endpoint.database]).toEqual(["", undefined]);
  });

  it("of the options must be the secret's", async () => {
    const { clock, resolved } = setUp({ user: "app" });
    manager.on(GetSecretValueCommand).resolves(value("hunter2", "app_clone"));
    const { outcome, shown } = await logIn(resolved, clock, ["hunter2"]);
    expect(shown).toEqual([]);
    expect(outcome).toHaveProperty(
      "message",
      `user: expected "app_clone", the user in the secret ${SECRET}, received "app". Leave \`user\` and its variable ` +
        "out, and the secret's user logs in; a rotation by alternating users needs that.",
    );
  });
});

describe("the option `secret`", () => {
  it.each([
    SECRET,
    "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rds/a_b+c=d.e@f!g-h",
    "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x",
    "prod/orders",
    "rds!cluster-0000_+=.@-",
    "x".repeat(512),
  ])("may name %s", (secretId) => {
    expect(checkSecret({ secretId })).toEqual({ secretId });
  });

  it.each([
    "hunter2 hunter2",
    "x".repeat(513),
    '{"password":"hunter2"}',
    "prod:orders",
    `${SECRET} hunter2`,
    `hunter2 ${SECRET}`,
    "arn:aws:secretsmanager:eu-central-1:22222222222:secret:hunter2",
    "arn:aws:secretsmanager:eu-central-1:2222222222222:secret:hunter2",
    "arn:aws:secretsmanager:eu-central-1:222222222222:secret:",
    "arn:aws:secretsmanager:EU:222222222222:secret:hunter2",
    "arn:AWS:secretsmanager:eu-central-1:222222222222:secret:hunter2",
    "arn:aws:ssm:eu-central-1:222222222222:secret:hunter2",
  ])("may not be %j, which is not shown", (secretId) => {
    const { code, message } = errorOf(() => checkSecret({ secretId }));
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toBe(
      `secret.secretId: expected the ARN or the name of a secret in Secrets Manager, received ${secretId.length} characters that ` +
        "are neither. Copy the ARN from the Secrets Manager console.",
    );
  });

  it("has this one part", () => {
    const wrong = Object.assign({ secretId: SECRET }, { secretid: SECRET });
    expect(errorOf(() => checkSecret(wrong)).message).toContain("secret.secretid");
    expect(errorOf(() => checkSecret({ secretId: "" })).message).toContain(
      "secret.secretId: expected a non-empty string",
    );
    const text: SecretOptions = JSON.parse('"hunter2"');
    const { message } = errorOf(() => checkSecret(text));
    expect(message).toMatch(/^secret: expected /);
    expect(message).not.toContain("hunter2");
  });
});

describe("what is known of a secret in messages", () => {
  it("is its name before it is read, then its version, its age and its user", async () => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolves({ ...value("hunter2"), VersionId: undefined });
    const login = new Login(resolved);
    const tls = `TLS: chain and name verified for ${PROXY_HOST} against Node's roots.`;
    expect(describeLogin(login, resolved)).toBe(`Secret ${SECRET}, not read yet; ${tls}`);
    await login.prepare();
    await login.password();
    clock.advance(12_300);
    expect(describeLogin(login, resolved)).toBe(
      `Password of the secret ${SECRET}, version unknown, read 12.3 s ago, user app; ${tls}`,
    );
  });
});

describe("a secret that was read before a snapshot", () => {
  it("is read again after the restore, and not used if that fails", async () => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolvesOnce(value("old")).resolves(value("new"));
    expect((await logIn(resolved, clock, ["old"])).shown).toEqual(["app: old"]);
    clock.advance(1);
    resolved.runtime.restores.noteRestore();
    expect((await logIn(resolved, clock, ["new"])).shown).toEqual(["app: new"]);
    clock.advance(1);
    resolved.runtime.restores.noteRestore();
    manager.on(GetSecretValueCommand).rejects(awsError("ThrottlingException", "Rate exceeded"));
    expect((await logIn(resolved, clock, ["new"])).outcome).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
    });
  });

  it("and refused after the restore is read again, although another login holds none since", async () => {
    const { clock, resolved } = setUp();
    const { endpoint, secret } = resolved;
    manager
      .on(GetSecretValueCommand)
      .resolvesOnce(value("old"))
      .rejectsOnce(awsError("InternalServiceError", "Try again"))
      .resolves(value("new"));
    const deadline = deadlineIn(10_000, clock);
    const old = await secret?.read(deadline);
    clock.advance(1);
    resolved.runtime.restores.noteRestore();
    await expect(secret?.read(deadline)).rejects.toThrow("Try again");
    expect(describeEndpoint(endpoint)).toBe(`${PROXY_HOST}:5432`);
    expect(old && (await secret?.hasChangedSince(old, deadline))).toBe(true);
    expect(secret?.password).toBe("new");
  });
});

describe("a secret that cannot be read", () => {
  it.each([
    [
      "AccessDeniedException",
      "Allow secretsmanager:GetSecretValue on the secret in the policy of the function's role; a secret with a key of your own " +
        "needs kms:Decrypt on that key, too, and one of another account a resource policy.",
    ],
    [
      "ResourceNotFoundException",
      "Check `secret.secretId`, and that the secret is in this account and region; else give its ARN.",
    ],
    ["DecryptionFailure", "Allow kms:Decrypt on the secret's key in the policy of the function's role."],
    ["InvalidRequestException", "The secret may be marked for deletion."],
    ["UnrecognizedClientException", "Check `secret.secretId` and the credentials that read it."],
  ])("by %s ends the login before it begins, with the remedy", async (name, remedy) => {
    const { clock, resolved } = setUp();
    const cause = awsError(name, "some reason");
    manager.on(GetSecretValueCommand).rejects(cause);
    const { outcome, shown } = await logIn(resolved, clock, []);
    expect(shown).toEqual([]);
    expect(manager.calls()).toHaveLength(1);
    expect(outcome).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS", cause });
    expect(outcome).toHaveProperty(
      "message",
      expect.stringContaining(`The secret ${SECRET} could not be read (${name}: some reason). `),
    );
    expect(outcome).toHaveProperty("message", expect.stringContaining(remedy));
  });

  it("because the SDK's client is missing names the package to install", async () => {
    vi.doMock("@aws-sdk/client-secrets-manager", () => {
      throw new Error("Cannot find package '@aws-sdk/client-secrets-manager'");
    });
    onTestFinished(() => {
      vi.doUnmock("@aws-sdk/client-secrets-manager");
    });
    const { clock, resolved } = setUp();
    expect((await logIn(resolved, clock, [])).outcome).toMatchObject({
      code: "RDS_PROXY_MISSING_DEPENDENCY",
      message: expect.stringContaining("Run `npm install @aws-sdk/client-secrets-manager`."),
    });
  });

  it.each([
    [
      awsError("ThrottlingException", "Rate exceeded."),
      "(ThrottlingException: Rate exceeded). The account calls Secrets Manager more often than it may: look for what calls it, and " +
        "spread cold starts.",
    ],
    [
      Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:443"), { code: "ECONNREFUSED" }),
      "(Error: connect ECONNREFUSED 10.0.0.1:443). Check that Secrets Manager can be reached: in a VPC without a way to the " +
        "internet it needs an interface endpoint.",
    ],
  ])("for now is transient, and the error says where to look: %o", async (cause, ending) => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).rejects(cause);
    await expect(new Login(resolved).prepare()).rejects.toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      isTransient: true,
      message: `The secret ${SECRET} could not be read ${ending}`,
    });
    expect(clock.sleeps).toEqual([]);
  });

  it("since nothing may sign the request is reported as such", async () => {
    const credentials = async (): Promise<never> => {
      throw new Error("no profile");
    };
    const { clock, resolved } = setUp({ credentials });
    manager.on(GetSecretValueCommand).callsFake(async (_input, client) => client().config.credentials());
    expect((await logIn(resolved, clock, [])).outcome).toHaveProperty(
      "message",
      expect.stringContaining("the provider in the option `credentials` failed (no profile)"),
    );
  });

  it("because Secrets Manager is throttling is tried again", async () => {
    const { clock, resolved } = setUp();
    manager
      .on(GetSecretValueCommand)
      .rejectsOnce(awsError("ThrottlingException", "Rate exceeded"))
      .resolves(value("hunter2"));
    expect((await logIn(resolved, clock, ["hunter2"])).outcome).toMatchObject({ attempts: 2 });
  });

  it("because nothing answers fails within the attempt, and the error names what a VPC needs", async () => {
    useFakeTime(START);
    const login = new Login(resolvedOptions({ secret: { secretId: SECRET } }, { clock: fakeTimeClock }));
    manager.on(GetSecretValueCommand).callsFake(() => new Promise(() => undefined));
    const failed = login.prepare().catch((error: unknown) => error);
    await untilSent(1);
    const never = new Promise<never>(() => undefined);
    const ended = login.within(never, deadlineIn(1500, fakeTimeClock), () => undefined);
    ended.catch(() => undefined);
    await passTime(1500);
    await expect(ended).rejects.toThrow("no answer in 1.5 s. In a VPC");
    await passTime(2500);
    expect(await failed).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      isTransient: true,
      message: expect.stringMatching(/no answer in 4\.0 s\. In a VPC .* interface endpoint/),
    });
  });

  it("because nothing answers any more is waited for one second, and then the last password is used", async () => {
    useFakeTime(START);
    const resolved = resolvedOptions({ secret: { secretId: SECRET } }, { clock: fakeTimeClock });
    manager
      .on(GetSecretValueCommand)
      .resolvesOnce(value("hunter2"))
      .callsFake(() => new Promise(() => undefined));
    expect(await new Login(resolved).password()).toBe("hunter2");
    await passTime(MINUTE_MS);
    const later = new Login(resolved).password();
    await untilSent(2);
    await passTime(1000);
    expect(await later).toBe("hunter2");
  });

  it.each<[secret: Partial<GetSecretValueCommandOutput>, fault: string]>([
    [{ SecretBinary: new Uint8Array([1]) }, "is binary"],
    [{ SecretString: "hunter2" }, "is plain text"],
    [{ SecretString: '"hunter2"' }, "is JSON, but no object"],
    [{ SecretString: '["hunter2"]' }, "is JSON, but no object"],
    [{ SecretString: "null" }, "is JSON, but no object"],
    [{ SecretString: '{"username":"","password":"hunter2"}' }, "has no usable `username`"],
    [{ SecretString: '{"username":["hunter2"],"password":"hunter2"}' }, "has no usable `username`"],
    [{ SecretString: '{"username":"app","password":""}' }, "has no `password`"],
    [{ SecretString: '{"password":"hunter2"}' }, "has no usable `username`"],
    [{ SecretString: '{"username":"a\\u0000b","password":"hunter2"}' }, "has no usable `username`"],
    [{ SecretString: '{"username":"app","passwort":"hunter2"}' }, "has no `password`"],
    [{ SecretString: '{"username":"app","password":42}' }, "has no `password`"],
  ])("since its format is not RDS's, of which nothing is shown: %j %s", async (secret, fault) => {
    const { clock, resolved } = setUp();
    manager.on(GetSecretValueCommand).resolves(secret);
    const { outcome } = await logIn(resolved, clock, []);
    expect(outcome).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    expect(outcome).toHaveProperty(
      "message",
      expect.stringContaining(
        `The secret ${SECRET} ${fault}. Expected is RDS's format, which RDS Proxy itself needs: ` +
          '{"username": "...", "password": "..."}.',
      ),
    );
    expect(inspect(outcome, { depth: null, showHidden: true })).not.toMatch(/hunter2/);
  });
});
