import { AssumeRoleCommand, STSClient } from "@aws-sdk/nested-clients/sts";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, it } from "vitest";
import type { Connected } from "../connect/connect.js";
import type { RdsProxyError } from "../errors.js";
import type { RdsProxyOptions, ResolvedRdsProxyOptions } from "../options/options.js";
import type { Environment } from "../runtime.js";
import { errorOf } from "../testing/errors.js";
import { logInToScript } from "../testing/log-in-to-script.js";
import { resolvedOptions } from "../testing/resolved-options.js";
import { createVirtualClock, START, type VirtualClock } from "../testing/virtual-clock.js";
import { serverError } from "../testing/wrappers.js";
import { checkRole } from "./role.js";

const ROLE = "arn:aws:iam::222222222222:role/orders-database";
const FUNCTION_ENV = {
  AWS_ACCESS_KEY_ID: "ASIAFUNCTION",
  AWS_SECRET_ACCESS_KEY: "function-secret",
  AWS_SESSION_TOKEN: "function-session",
  AWS_LAMBDA_FUNCTION_NAME: "orders",
  AWS_REGION: "eu-west-1",
};
const MINUTE_MS = 60_000;
const REFUSED_TOKEN = serverError(
  "28P01",
  "IAM authentication failed for user app. Check the IAM token for this user and try again.",
);
const THROTTLED = awsError("Throttling", 400, "Rate exceeded");
const DENIED = awsError(
  "AccessDenied",
  403,
  `User: arn:aws:sts::111111111111:assumed-role/orders/orders is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
);

const sts = mockClient(STSClient);
afterEach(() => {
  sts.reset();
});

/** Makes STS return the pairs of keys one after the other, each valid for an hour from the call. */
function serveKeys(clock: VirtualClock, hours = 1): void {
  let count = 0;
  sts
    .on(AssumeRoleCommand)
    .callsFake(async () => keys(`ASIAROLE${++count}`, clock.now() + hours * 60 * MINUTE_MS));
}

function keys(accessKeyId: string, endsAt: number): object {
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: "role-secret",
      SessionToken: "role-session",
      Expiration: new Date(endsAt),
    },
  };
}

function awsError(name: string, httpStatusCode: number, message: string): Error {
  return Object.assign(new Error(message), { name, $fault: "client", $metadata: { httpStatusCode } });
}

function setUp(
  options: RdsProxyOptions = {},
  env: Environment = {},
): { clock: VirtualClock; resolved: ResolvedRdsProxyOptions } {
  const clock = createVirtualClock();
  const resolved = resolvedOptions(
    { credentials: undefined, roleArn: ROLE, ...options },
    { clock, env: { ...FUNCTION_ENV, ...env } },
  );
  return { clock, resolved };
}

async function keyId({ credentials }: ResolvedRdsProxyOptions, clock: VirtualClock): Promise<string> {
  return (await credentials(clock.now())).credentials.accessKeyId;
}

/** Logs in to a scripted server, and returns the keys that signed. */
async function logIn(
  resolved: ResolvedRdsProxyOptions,
  errors: readonly unknown[] = [],
): Promise<{ outcome: Connected<string> | RdsProxyError; keyIds: string[] }> {
  const { outcome, passwords } = await logInToScript(resolved, errors);
  return { outcome, keyIds: passwords.map((token) => /X-Amz-Credential=(\w+)/.exec(token)?.[1] ?? "") };
}

describe("a role", () => {
  it("is assumed by the function's own credentials, in its region, under its name", async () => {
    const { clock, resolved } = setUp();
    serveKeys(clock);
    expect(await resolved.credentials(START)).toEqual({
      credentials: {
        accessKeyId: "ASIAROLE1",
        secretAccessKey: "role-secret",
        sessionToken: "role-session",
        expiration: new Date(START + 60 * MINUTE_MS),
      },
      source: "role",
    });
    const { args, thisValue } = sts.call(0);
    expect(args[0].input).toEqual({ RoleArn: ROLE, RoleSessionName: "rds-proxy-orders" });
    expect(await thisValue.config.region()).toBe("eu-west-1");
    expect(await thisValue.config.credentials()).toMatchObject({ accessKeyId: "ASIAFUNCTION" });
  });

  it("is assumed by the credentials in the options, with the external id", async () => {
    const credentials = { accessKeyId: "AKIAOPTION", secretAccessKey: "secret" };
    const { clock, resolved } = setUp({ credentials, externalId: "orders-42" });
    serveKeys(clock);
    expect(await keyId(resolved, clock)).toBe("ASIAROLE1");
    const { args, thisValue } = sts.call(0);
    expect(args[0].input).toMatchObject({ ExternalId: "orders-42" });
    expect(await thisValue.config.credentials()).toMatchObject({ accessKeyId: "AKIAOPTION" });
  });

  it("is not assumed before a login, and then once for all logins of the hour", async () => {
    const { clock, resolved } = setUp();
    serveKeys(clock);
    expect(sts.calls()).toHaveLength(0);
    expect(await Promise.all([1, 2, 3].map(() => keyId(resolved, clock)))).toEqual(
      Array(3).fill("ASIAROLE1"),
    );
    clock.advance(45 * MINUTE_MS);
    expect(await keyId(resolved, clock)).toBe("ASIAROLE1");
    expect(sts.calls()).toHaveLength(1);
  });

  it("is assumed again when less than 15 minutes are left, once for concurrent logins", async () => {
    const { clock, resolved } = setUp();
    serveKeys(clock);
    await keyId(resolved, clock);
    clock.advance(46 * MINUTE_MS);
    expect(await Promise.all([1, 2].map(() => keyId(resolved, clock)))).toEqual(["ASIAROLE2", "ASIAROLE2"]);
    expect(sts.calls()).toHaveLength(2);
  });

  it("is used until it expires while STS is throttling", async () => {
    const { clock, resolved } = setUp();
    serveKeys(clock);
    await keyId(resolved, clock);
    sts.on(AssumeRoleCommand).rejects(THROTTLED);
    clock.advance(59 * MINUTE_MS);
    expect(await keyId(resolved, clock)).toBe("ASIAROLE1");
    clock.advance(2 * MINUTE_MS);
    await expect(keyId(resolved, clock)).rejects.toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
  });

  it("is assumed anew where the first call was frozen half-way and its answer never comes", async () => {
    const { clock, resolved } = setUp();
    sts.on(AssumeRoleCommand).callsFakeOnce(() => new Promise(() => undefined));
    void keyId(resolved, clock);
    await expect.poll(() => sts.calls()).toHaveLength(1);
    clock.advance(5 * MINUTE_MS);
    serveKeys(clock);
    expect(await keyId(resolved, clock)).toBe("ASIAROLE1");
  });

  it("is assumed again when the login was refused, once a minute at most", async () => {
    const { clock, resolved } = setUp();
    serveKeys(clock);
    expect((await logIn(resolved, [REFUSED_TOKEN])).keyIds).toEqual(["ASIAROLE1", "ASIAROLE2"]);
    const again = await logIn(resolved, [REFUSED_TOKEN, REFUSED_TOKEN]);
    expect(again.keyIds).toEqual(["ASIAROLE2", "ASIAROLE2"]);
    expect(again.outcome).toMatchObject({
      code: "RDS_PROXY_AUTHENTICATION_FAILED",
      message: expect.stringContaining(
        "temporary credentials ASIAROLE2 from the role in the option `roleArn`, expiring at 2026-03-01T13:00:",
      ),
    });
    clock.advance(MINUTE_MS);
    expect((await logIn(resolved, [REFUSED_TOKEN])).keyIds).toEqual(["ASIAROLE2", "ASIAROLE3"]);
  });
});

describe("a role that cannot be assumed", () => {
  it.each([
    [undefined, "where it asks for an external id, set `externalId`"],
    ["orders-42", "with this external id"],
  ])(
    "for lack of permission ends the login at once, and says on which side to look",
    async (externalId, hint) => {
      const { resolved } = setUp({ externalId });
      sts.on(AssumeRoleCommand).rejects(DENIED);
      const { outcome } = await logIn(resolved);
      expect(outcome).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS", cause: DENIED, isTransient: false });
      expect(outcome).toHaveProperty("message", expect.stringContaining(DENIED.message));
      expect(outcome).toHaveProperty(
        "message",
        expect.stringContaining(`the role ${ROLE} could not be assumed`),
      );
      expect(outcome).toHaveProperty("message", expect.stringContaining("trust policy"));
      expect(outcome).toHaveProperty("message", expect.stringContaining(hint));
      expect(sts.calls()).toHaveLength(1);
    },
  );

  it.each([
    [
      DENIED,
      `(AccessDenied: ${DENIED.message}). Check that its trust policy lets the function's role assume it (sts:AssumeRole; where it ` +
        "asks for an external id, set `externalId`), and that a policy of the function's role allows sts:AssumeRole on it.",
    ],
    [
      awsError("ValidationError", 400, "1 validation error detected."),
      "(ValidationError: 1 validation error detected). Check `roleArn` and the credentials that assume it.",
    ],
    [
      awsError("InternalFailure", 500, "Internal failure"),
      "(InternalFailure: Internal failure). Check that STS can be reached: in a VPC without a way to the internet it needs an " +
        "interface endpoint.",
    ],
    [
      THROTTLED,
      "(Throttling: Rate exceeded). The account calls STS more often than it may: look for what calls it, and spread cold starts.",
    ],
  ])("is reported with AWS's reason and what to check: %o", async (reason, ending) => {
    const { resolved } = setUp();
    sts.on(AssumeRoleCommand).rejects(reason);
    await expect(resolved.credentials(START)).rejects.toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      message: `No AWS credentials to sign the auth token with: the role ${ROLE} could not be assumed ${ending}`,
    });
  });

  it.each<[string, object, boolean]>([
    ["Throttling", { $metadata: { httpStatusCode: 400 } }, true],
    ["TooManyRequestsException", {}, true],
    ["RequestLimitExceeded", {}, true],
    ["Any", { $metadata: { httpStatusCode: 429 } }, true],
    ["Any", { $metadata: { httpStatusCode: 500 } }, true],
    ["Any", { $metadata: { httpStatusCode: 503 } }, true],
    ["Any", { $fault: "server" }, true],
    ["TimeoutError", {}, true],
    ["Any", { code: "ECONNRESET" }, true],
    ["Any", { cause: Object.assign(new Error("socket"), { code: "ECONNREFUSED" }) }, true],
    ["Any", { $metadata: { httpStatusCode: 499 }, $fault: "client" }, false],
    ["Any", { $metadata: { httpStatusCode: 428 } }, false],
    ["Any", { code: "EACCES" }, false],
  ])("by %s with %o is transient: %s", async (name, details, isTransient) => {
    const { resolved } = setUp();
    sts.on(AssumeRoleCommand).rejects(Object.assign(new Error("reason"), { name }, details));
    await expect(resolved.credentials(START)).rejects.toMatchObject({ isTransient });
  });

  it("because STS is throttling is tried again", async () => {
    const { clock, resolved } = setUp();
    serveKeys(clock);
    sts
      .on(AssumeRoleCommand)
      .rejectsOnce(THROTTLED)
      .rejectsOnce(THROTTLED)
      .resolves(keys("ASIALATE", START + 1e7));
    const { outcome, keyIds } = await logIn(resolved);
    expect(outcome).toMatchObject({ connection: "connection", attempts: 3 });
    expect(keyIds).toEqual(["ASIALATE"]);
  });

  it.each([
    ["throttling", THROTTLED, "The account calls STS more often than it may"],
    ["a fault of STS", awsError("InternalFailure", 500, "internal error"), "interface endpoint"],
    [
      "no way to STS",
      Object.assign(new Error("connect ETIMEDOUT 10.0.0.1:443"), { code: "ETIMEDOUT" }),
      "interface endpoint",
    ],
    [
      "no answer",
      Object.assign(new Error("Connection timed out after 2000 ms"), { name: "TimeoutError" }),
      "interface endpoint",
    ],
  ])("fails by the deadline with the last reason: %s", async (_, reason, remedy) => {
    const { clock, resolved } = setUp();
    sts.on(AssumeRoleCommand).rejects(reason);
    const { outcome } = await logIn(resolved);
    expect(outcome).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS", cause: reason });
    expect(outcome).toHaveProperty("message", expect.stringContaining(remedy));
    expect(sts.calls().length).toBeGreaterThan(2);
    expect(clock.now()).toBeLessThanOrEqual(START + 10_000);
  });

  it("because its caller has no credentials is reported as such", async () => {
    const credentials = async (): Promise<never> => {
      throw new Error("no profile");
    };
    const { resolved } = setUp({ credentials });
    sts.on(AssumeRoleCommand).callsFake(async (_input, client) => client().config.credentials());
    const { outcome } = await logIn(resolved);
    expect(outcome).toHaveProperty(
      "message",
      expect.stringContaining("the provider in the option `credentials` failed (no profile)"),
    );
  });
});

describe("a call of STS", () => {
  it.each([
    [{ AWS_REGION: "us-east-2", AWS_DEFAULT_REGION: "us-west-1" }, "us-east-2"],
    [{ AWS_REGION: "", AWS_DEFAULT_REGION: "us-west-1" }, "us-west-1"],
    [{ AWS_REGION: undefined }, "eu-west-1"],
  ])("goes to the region of %o: %s", async (env, region) => {
    const { clock, resolved } = setUp({}, env);
    serveKeys(clock);
    await resolved.credentials(START);
    expect(await sts.call(0).thisValue.config.region()).toBe(region);
  });

  it.each([
    [undefined, "rds-proxy-client"],
    ["orders:live $1", "rds-proxy-orders-live--1"],
    ["A_a+b=c,d.e@f-9", "rds-proxy-A_a+b=c,d.e@f-9"],
    ["x".repeat(64), `rds-proxy-${"x".repeat(54)}`],
  ])("of the function %s has a name that STS accepts: %s", async (name, sessionName) => {
    const { clock, resolved } = setUp({}, { AWS_LAMBDA_FUNCTION_NAME: name });
    serveKeys(clock);
    await resolved.credentials(START);
    expect(sts.call(0).args[0].input).toHaveProperty("RoleSessionName", sessionName);
  });
});

describe("a role that was assumed before a snapshot", () => {
  it("is assumed again after the restore", async () => {
    const { clock, resolved } = setUp();
    serveKeys(clock);
    expect(await keyId(resolved, clock)).toBe("ASIAROLE1");
    clock.advance(1);
    resolved.runtime.restores.noteRestore();
    expect(await keyId(resolved, clock)).toBe("ASIAROLE2");
    expect(await keyId(resolved, clock)).toBe("ASIAROLE2");
  });
});

describe("the option `roleArn`", () => {
  it.each([
    "arn:aws:iam::123456789012:role/orders",
    "arn:aws-us-gov:iam::123456789012:role/a/b/Orders+=,.@-_9",
    "arn:aws-cn:iam::123456789012:role/x",
  ])("may be %s", (roleArn) => {
    expect(checkRole({ roleArn })).toEqual({ roleArn, externalId: undefined });
    expect(checkRole({ roleArn, externalId: "orders-42" })).toEqual({ roleArn, externalId: "orders-42" });
  });

  it.each([
    "orders",
    "",
    "arn:aws:iam::12345678901:role/orders",
    "arn:aws:iam::1234567890123:role/orders",
    "arn:aws:iam::123456789012:role/",
    "arn:aws:iam::123456789012:role/or ders",
    "arn:aws:iam::123456789012:role/orders ",
    " arn:aws:iam::123456789012:role/orders",
    "arn:aws:iam::123456789012:user/orders",
    "arn:aws:sts::123456789012:assumed-role/orders/session",
    "arn:AWS:iam::123456789012:role/orders",
  ])("may not be %j", (roleArn) => {
    const { code, message } = errorOf(() => checkRole({ roleArn }));
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toBe(
      "roleArn: expected the ARN of an IAM role, such as arn:aws:iam::123456789012:role/orders-database, received " +
        `${JSON.stringify(roleArn)}. Copy it from the role's page in the IAM console; it is not the ARN of a session (assumed-role).`,
    );
  });

  it("may be left out, but not where `externalId` is given", () => {
    expect(checkRole({})).toBeUndefined();
    expect(errorOf(() => checkRole({ externalId: "orders-42" })).message).toBe(
      "roleArn: expected the role that `externalId` is for, received none. Set `roleArn`, too.",
    );
    expect(errorOf(() => checkRole({ roleArn: ROLE, externalId: "" })).message).toContain(
      "externalId: expected a non-empty string",
    );
  });
});
