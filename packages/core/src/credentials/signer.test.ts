import { inspect } from "node:util";
import { Signer } from "@aws-sdk/rds-signer";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { describeLogin } from "../connect/describe-login.js";
import { Login } from "../connect/login.js";
import { onRdsProxyEvent } from "../events.js";
import type { RdsProxyOptions, ResolvedRdsProxyOptions } from "../options/options.js";
import { errorOf } from "../testing/errors.js";
import { fakeTimeClock, passTime, useFakeTime } from "../testing/fake-time.js";
import { logInToScript } from "../testing/log-in-to-script.js";
import { CREDENTIALS, ORIGIN, PROXY_HOST, resolvedOptions } from "../testing/resolved-options.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import { serverError } from "../testing/wrappers.js";
import type { TokenSigner } from "./signer.js";

const REFUSED_TOKEN = serverError(
  "28P01",
  "IAM authentication failed for user app. Check the IAM token for this user and try again.",
);

const NO_TOKEN = "No auth token to log in with: the option `signer`";
const CHECK_SIGNER =
  "Check what it has to reach: its credentials' provider, and in a VPC without a way to the internet an interface endpoint " +
  "for STS. A Lambda function's own role needs none: leave `signer` out.";

afterEach(() => {
  vi.useRealTimers();
});

function withSigner(
  signer: TokenSigner,
  options: RdsProxyOptions = {},
  runtime: Parameters<typeof resolvedOptions>[1] = {},
): ResolvedRdsProxyOptions {
  return resolvedOptions({ credentials: undefined, signer, ...options }, runtime);
}

/** A signer in plain JavaScript, whose answer its type does not allow. */
function answering(answer: unknown): TokenSigner {
  return { getAuthToken: vi.fn().mockResolvedValue(answer) };
}

function awsSigner(values: Partial<ConstructorParameters<typeof Signer>[0]> = {}): Signer {
  const { accessKeyId, secretAccessKey, sessionToken = "" } = CREDENTIALS;
  return new Signer({
    hostname: PROXY_HOST,
    port: 5432,
    username: "app",
    region: "eu-west-1",
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    ...values,
  });
}

describe("a signer", () => {
  it("of AWS makes the same token as this library", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: START });
    const ofSigner = await new Login(withSigner(awsSigner())).password();
    expect(ofSigner).toBe(await new Login(resolvedOptions()).password());
  });

  it("is called once for each login, as a method, and not before", async () => {
    class Counting {
      #count = 0;
      async getAuthToken(): Promise<string> {
        this.#count += 1;
        return `token ${this.#count}`;
      }
    }
    const options = withSigner(new Counting());
    expect(await new Login(options).password()).toBe("token 1");
    expect(await new Login(options).password()).toBe("token 2");
  });

  it("is asked again, once, after the server refused its token", async () => {
    const signer = { getAuthToken: vi.fn().mockResolvedValueOnce("old").mockResolvedValue("new") };
    expect(await logInToScript(withSigner(signer), [REFUSED_TOKEN])).toMatchObject({
      outcome: { connection: "connection", attempts: 2 },
      passwords: ["old", "new"],
    });
    const { outcome, passwords } = await logInToScript(withSigner(signer), [REFUSED_TOKEN, REFUSED_TOKEN]);
    expect(passwords).toEqual(["new", "new"]);
    expect(outcome).toMatchObject({
      code: "RDS_PROXY_AUTHENTICATION_FAILED",
      message: expect.stringContaining("Token from the option `signer`, in a form that is not AWS's; TLS:"),
    });
  });

  it("needs no region, neither for a custom name nor for a global database", () => {
    const hosts = ["db.internal", "shop.global-abcdefghijkl.global.rds.amazonaws.com"];
    for (const host of hosts) {
      expect(withSigner(awsSigner(), { host }).endpoint).toMatchObject({ host, region: "" });
      expect(errorOf(() => resolvedOptions({ host })).message).toMatch(/^region: expected /);
    }
    expect(withSigner(awsSigner()).endpoint.region).toBe("eu-west-1");
  });
});

describe("what is known of a signer's token", () => {
  it("is what it was signed for, in the description of a login and in the event", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: START });
    const clock = createVirtualClock();
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("sign", (event) => heard.push(event)));
    const options = withSigner(awsSigner({ hostname: "Other.example", username: "ann" }), {}, { clock });
    const login = new Login(options);
    const token = await login.password();
    clock.advance(2345);
    const described = describeLogin(login, options);
    expect(described).toBe(
      "Token from the option `signer`, signed for other.example:5432, region eu-west-1, user ann; token age 2.3 s; " +
        `valid until 2026-03-01T12:15:00.000Z; credentials ${CREDENTIALS.accessKeyId}; ` +
        `TLS: chain and name verified for ${PROXY_HOST} against Node's roots.`,
    );
    expect(heard).toEqual([
      {
        ...ORIGIN,
        accessKeyId: CREDENTIALS.accessKeyId,
        credentialSource: "signer",
        expiresAt: Date.parse("2026-03-01T12:15:00.000Z"),
      },
    ]);
    const shown = [described, inspect(login, { showHidden: true, depth: Infinity }), inspect(heard)].join();
    expect(shown).not.toContain(token);
    for (const secret of ["X-Amz-Signature", CREDENTIALS.sessionToken, CREDENTIALS.secretAccessKey]) {
      expect(shown).not.toContain(secret);
    }
  });

  it("is nothing before the server asks for it", () => {
    const options = withSigner(awsSigner());
    expect(describeLogin(new Login(options), options)).toBe(
      "Token from the option `signer`, which was not asked for one; " +
        `TLS: chain and name verified for ${PROXY_HOST} against Node's roots.`,
    );
  });

  it.each([
    ["443", `${PROXY_HOST}:443`],
    ["3306", `${PROXY_HOST}:3306`],
  ])("includes the port %s", async (port, signedFor) => {
    const login = new Login(withSigner(awsSigner({ port: Number(port) })));
    await login.password();
    expect(login.signed).toMatchObject({ signedFor });
  });

  it("is a token of Aurora DSQL, which names no user", async () => {
    const token =
      "abc.dsql.us-east-1.on.aws/?Action=DbConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD" +
      "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260301%2Fus-east-1%2Fdsql%2Faws4_request&X-Amz-Date=20260301T120000Z" +
      "&X-Amz-Expires=900&X-Amz-Signature=abcdef&X-Amz-SignedHeaders=host";
    const login = new Login(withSigner(answering(token)));
    await login.password();
    expect(login.signed).toEqual({
      source: "signer",
      signedFor: "abc.dsql.us-east-1.on.aws",
      region: "us-east-1",
      user: undefined,
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      signedAt: START,
      expiresAt: START + 900_000,
    });
  });

  const KEY = "AKIAIOSFODNN7EXAMPLE";
  const AWS_PARTS = {
    Action: "connect",
    DBUser: "app",
    "X-Amz-Credential": `${KEY}/20260301/eu-west-1/rds-db/aws4_request`,
    "X-Amz-Date": "20260301T120000Z",
    "X-Amz-Expires": "900",
    "X-Amz-Signature": "abcdef",
  };
  const AWS_FACTS = {
    source: "signer",
    signedFor: "db.example:5432",
    region: "eu-west-1",
    user: "app",
    accessKeyId: KEY,
    signedAt: START,
    expiresAt: START + 900_000,
  };
  const NO_FACTS = Object.fromEntries(
    Object.keys(AWS_FACTS).map((name) => [name, name === "source" ? "signer" : undefined]),
  );

  it.each<[parts: object, facts: object]>([
    [{}, AWS_FACTS],
    [{ "X-Amz-Expires": "60" }, { ...AWS_FACTS, expiresAt: START + 60_000 }],
    [{ "X-Amz-Expires": undefined }, { ...AWS_FACTS, expiresAt: undefined }],
    [{ "X-Amz-Expires": "0" }, { ...AWS_FACTS, expiresAt: undefined }],
    [{ "X-Amz-Expires": "soon" }, { ...AWS_FACTS, expiresAt: undefined }],
    [{ "X-Amz-Date": undefined }, { ...AWS_FACTS, signedAt: undefined, expiresAt: undefined }],
    [{ "X-Amz-Date": "today" }, { ...AWS_FACTS, signedAt: undefined, expiresAt: undefined }],
    [{ "X-Amz-Date": "20260301T120000Z1" }, { ...AWS_FACTS, signedAt: undefined, expiresAt: undefined }],
    [{ DBUser: undefined }, { ...AWS_FACTS, user: undefined }],
    [{ "X-Amz-Signature": undefined }, NO_FACTS],
    [{ "X-Amz-Credential": undefined }, NO_FACTS],
    [{ "X-Amz-Credential": `x ${AWS_PARTS["X-Amz-Credential"]}` }, NO_FACTS],
    [{ "X-Amz-Credential": `${AWS_PARTS["X-Amz-Credential"]} x` }, NO_FACTS],
    [{ "X-Amz-Credential": `${KEY}/2026/eu-west-1/rds-db/aws4_request` }, NO_FACTS],
    [{ "X-Amz-Credential": "AKIASHORT/20260301/eu-west-1/rds-db/aws4_request" }, NO_FACTS],
    [{ "X-Amz-Credential": `${KEY}/20260301/EU/rds-db/aws4_request` }, NO_FACTS],
    [{ "X-Amz-Credential": `${KEY}/20260301/eu-west-1/RDS/aws4_request` }, NO_FACTS],
  ])("is what its parts say, with %o instead of AWS's", async (parts, facts) => {
    const given = Object.entries({ ...AWS_PARTS, ...parts }).filter(([, value]) => value !== undefined);
    const token = `db.example:5432/?${new URLSearchParams(given)}`;
    const login = new Login(withSigner(answering(token)));
    await login.password();
    expect(login.signed).toEqual(facts);
  });

  it("is not taken from a token that is no URL", async () => {
    const login = new Login(withSigner(answering(`a b:x/?${new URLSearchParams(AWS_PARTS)}`)));
    await login.password();
    expect(login.signed).toEqual(NO_FACTS);
  });

  it.each([
    "hunter2",
    "hunter2:5432/?DBUser=hunter2&X-Amz-Date=hunter2",
    "hunter2/?X-Amz-Credential=hunter2%2F20260301%2Feu-west-1%2Frds-db%2Faws4_request&X-Amz-Signature=hunter2",
  ])("is nothing of a password in another form: %s", async (password) => {
    const options = withSigner(answering(password));
    const login = new Login(options);
    expect(await login.password()).toBe(password);
    expect(describeLogin(login, options)).not.toContain("hunter2");
    expect(inspect(login, { showHidden: true, depth: Infinity })).not.toContain("hunter2");
  });
});

describe("a signer that makes no token", () => {
  it("ends the login, with its own error as the cause", async () => {
    const cause = new Error("Could not load credentials from any providers.");
    const signer = { getAuthToken: vi.fn().mockRejectedValue(cause) };
    expect(await logInToScript(withSigner(signer))).toMatchObject({
      outcome: {
        code: "RDS_PROXY_NO_CREDENTIALS",
        phase: "credentials",
        cause,
        message: expect.stringContaining(
          `${NO_TOKEN} failed (Could not load credentials from any providers). ${CHECK_SIGNER}`,
        ),
      },
      passwords: [],
    });
    expect(signer.getAuthToken).toHaveBeenCalledOnce();
  });

  it.each([new Error(""), "hunter2"])(
    "ends the login by %o, of which nothing can be shown",
    async (cause) => {
      const signer = { getAuthToken: vi.fn().mockRejectedValue(cause) };
      expect((await logInToScript(withSigner(signer))).outcome).toMatchObject({
        code: "RDS_PROXY_NO_CREDENTIALS",
        cause,
        message: expect.stringContaining(`${NO_TOKEN} failed. Check`),
      });
    },
  );

  it("may also throw at once", async () => {
    const signer: TokenSigner = {
      getAuthToken() {
        throw new Error("no profile");
      },
    };
    expect((await logInToScript(withSigner(signer))).outcome).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      message: expect.stringContaining("failed (no profile)"),
    });
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [Buffer.from("hunter2"), "a value of type object"],
    ["", "an empty string"],
    ["hunter2\0", "a string with a NUL, which would end the password"],
  ])("because it returns %o ends the login, and the value is not shown", async (answer, described) => {
    const { outcome } = await logInToScript(withSigner(answering(answer)));
    expect(outcome).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      phase: "credentials",
      message: expect.stringContaining(
        `${NO_TOKEN} returned ${described} instead of a token. Its getAuthToken() has to return a string.`,
      ),
    });
    expect(inspect(outcome)).not.toContain("hunter2");
  });

  it("in time ends the login before its attempt times out", async () => {
    useFakeTime(START);
    const silent: TokenSigner = { getAuthToken: () => new Promise(() => undefined) };
    const failed = logInToScript(withSigner(silent, {}, { clock: fakeTimeClock }));
    await passTime(4000);
    expect((await failed).outcome).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      phase: "credentials",
      message: expect.stringContaining(`${NO_TOKEN} did not answer in 4.0 s. ${CHECK_SIGNER}`),
    });
  });
});

describe("the option `signer`", () => {
  it.each([
    [null, "null"],
    ["hunter2", "a value of type string"],
    [async () => "hunter2", "a value of type function"],
    [{ getDbConnectAuthToken: async () => "hunter2" }, "a value of type object"],
  ])("is refused when it is %o", (signer, received) => {
    const options: RdsProxyOptions = Object.fromEntries([["signer", signer]]);
    const { code, message } = errorOf(() => resolvedOptions({ credentials: undefined, ...options }));
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toContain(
      `signer: expected an object with getAuthToken(), received ${received}. Pass a Signer of @aws-sdk/rds-signer, or one like it.`,
    );
    expect(message).not.toContain("hunter2");
  });

  it.each<[string, RdsProxyOptions]>([
    ["credentials", { credentials: CREDENTIALS }],
    ["credentials", { credentials: async () => CREDENTIALS }],
    ["roleArn", { roleArn: "arn:aws:iam::222222222222:role/orders-database" }],
    ["roleArn", { roleArn: "arn:aws:iam::222222222222:role/orders-database", externalId: "orders-42" }],
    ["externalId", { externalId: "orders-42" }],
    ["secret", { secret: { secretId: "prod/orders" } }],
  ])("is refused beside %s, and the error names both", (other, options) => {
    const { code, message } = errorOf(() => withSigner(awsSigner(), options));
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toMatch(
      new RegExp(
        `^${other}: not an option here\\. The option \`signer\` has credentials of its own\\. Leave one of the two out\\.`,
      ),
    );
  });
});
