import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { systemRuntime } from "../runtime.js";
import { errorOf } from "../testing/errors.js";
import { CREDENTIALS, PROXY_HOST, resolvedOptions } from "../testing/resolved-options.js";
import { START } from "../testing/virtual-clock.js";
import { otherOptions, RDS_PROXY_OPTION_NAMES, type RdsProxyOptions, resolveOptions } from "./options.js";

const CERTIFICATE = rootCertificates[0] ?? "";

/** Options as plain JavaScript may pass them, whatever their types say. */
function withValues(values: object): RdsProxyOptions {
  return Object.assign({ host: PROXY_HOST, user: "app" }, values);
}

describe("the defaults", () => {
  const DEFAULTS = {
    connectTimeoutMs: 5000,
    acquireTimeoutMs: 30_000,
    retry: { maxAttempts: Number.POSITIVE_INFINITY, baseDelayMs: 50, maxDelayMs: 1000 },
    validateAfterIdleMs: 5000,
    maxConnections: 1,
    sessionState: undefined,
    onPin: "report",
  };

  it("apply to missing options", () => {
    expect(resolvedOptions()).toMatchObject(DEFAULTS);
  });

  it("apply to options that are undefined", () => {
    const undefinedAll = Object.fromEntries(
      RDS_PROXY_OPTION_NAMES.filter((name) => name !== "host" && name !== "user").map((name) => [
        name,
        undefined,
      ]),
    );
    const resolved = resolveOptions(withValues(undefinedAll), "postgres", { ...systemRuntime, env: {} });
    expect(resolved).toMatchObject(DEFAULTS);
    const retry = withValues({
      retry: { maxAttempts: undefined, baseDelayMs: undefined, maxDelayMs: undefined },
    });
    expect(resolvedOptions(retry).retry).toEqual(DEFAULTS.retry);
    const ssl = withValues({ ssl: { ca: undefined, servername: undefined } });
    expect(resolvedOptions(ssl).tls.description).toBe(resolvedOptions().tls.description);
  });

  it.each([
    true,
    {},
    { rejectUnauthorized: true, verifyIdentity: true },
    { rejectUnauthorized: undefined },
  ] as const)("of verification are the same when `ssl` is %o, which asks for what happens anyway", (ssl) => {
    expect(resolvedOptions(withValues({ ssl })).tls.description).toBe(resolvedOptions().tls.description);
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("of TLS are replaced by %s", (version) => {
    expect(() => resolvedOptions({ ssl: { minVersion: version, maxVersion: version } })).not.toThrow();
  });

  it("are replaced by the given options", () => {
    const said = {
      connectTimeoutMs: 1,
      acquireTimeoutMs: 2,
      retry: { maxAttempts: 3, baseDelayMs: 0, maxDelayMs: 0 },
      validateAfterIdleMs: 0,
      maxConnections: 4,
    };
    expect(resolvedOptions(said)).toMatchObject(said);
  });

  it.each([
    { sessionState: "discard" },
    { sessionState: "keep" },
    { onPin: "report" },
    { onPin: "throw" },
  ] as const)("are replaced by each choice: %o", (choice) => {
    expect(resolvedOptions(choice)).toMatchObject(choice);
  });
});

describe("the number of connections", () => {
  it.each([
    [undefined, 1],
    ["", 1],
    ["16", 16],
  ])(
    "is that of Lambda's concurrent invocations: AWS_LAMBDA_MAX_CONCURRENCY=%s gives %i",
    (value, expected) => {
      expect(resolvedOptions({}, { env: { AWS_LAMBDA_MAX_CONCURRENCY: value } }).maxConnections).toBe(
        expected,
      );
    },
  );

  it("is the option's value even if the variable is set", () => {
    const env = { AWS_LAMBDA_MAX_CONCURRENCY: "16" };
    expect(resolvedOptions({ maxConnections: 2 }, { env }).maxConnections).toBe(2);
  });
});

describe("the caller's object", () => {
  it("is not changed", () => {
    const frozen = Object.freeze({
      retry: Object.freeze({ maxAttempts: 2 }),
      ssl: Object.freeze({ ca: CERTIFICATE }),
      credentials: Object.freeze({ ...CREDENTIALS }),
    });
    expect(() => resolvedOptions(frozen)).not.toThrow();
  });

  it("is not kept", async () => {
    const retry = { maxAttempts: 2 };
    const ca = [CERTIFICATE];
    const credentials = { accessKeyId: "AKIABEFORE", secretAccessKey: "secret" };
    const options: RdsProxyOptions = { maxConnections: 3, retry, ssl: { ca }, credentials };
    const resolved = resolvedOptions(options);
    options.maxConnections = 99;
    retry.maxAttempts = 99;
    ca.push("not a certificate");
    credentials.accessKeyId = "AKIAAFTER";
    expect(resolved).toMatchObject({ maxConnections: 3, retry: { maxAttempts: 2 } });
    expect(resolved.tls.secureContext()).toBeDefined();
    expect((await resolved.credentials(START)).credentials.accessKeyId).toBe("AKIABEFORE");
  });
});

describe("a wrong value is refused with the name of the option and the remedy", () => {
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

  it.each<[string, object, string]>([
    ["retry", { retry: 3 }, "retry: expected an object, received a value of type number."],
    ["retry", { retry: [] }, "retry: expected an object, received an array."],
    ["retry.maxattempts", { retry: { maxattempts: 3 } }, "Did you mean `retry.maxAttempts`?"],
    [
      "retry.tries",
      { retry: { tries: 3 } },
      "Known are: retry.maxAttempts, retry.baseDelayMs, retry.maxDelayMs.",
    ],
    [
      "retry.maxAttempts",
      { retry: { maxAttempts: 0 } },
      "retry.maxAttempts: expected a whole number from 1, received 0.",
    ],
    [
      "retry.maxAttempts",
      { retry: { maxAttempts: null } },
      "retry.maxAttempts: expected a whole number from 1, received null.",
    ],
    [
      "retry.baseDelayMs",
      { retry: { baseDelayMs: -1 } },
      "retry.baseDelayMs: expected milliseconds from 0 to 2147483647, received -1.",
    ],
    [
      "retry.maxDelayMs",
      { retry: { maxDelayMs: "1s" } },
      'retry.maxDelayMs: expected milliseconds from 0 to 2147483647, received "1s".',
    ],
    [
      "connectTimeoutMs",
      { connectTimeoutMs: 0 },
      "connectTimeoutMs: expected milliseconds from 1 to 2147483647, received 0.",
    ],
    [
      "acquireTimeoutMs",
      { acquireTimeoutMs: Number.POSITIVE_INFINITY },
      "acquireTimeoutMs: expected milliseconds from 1 to 2147483647, received Infinity.",
    ],
    [
      "validateAfterIdleMs",
      { validateAfterIdleMs: -1 },
      "validateAfterIdleMs: expected milliseconds from 0 to 2147483647, received -1.",
    ],
    [
      "maxConnections",
      { maxConnections: 1.5 },
      "maxConnections: expected a whole number from 1, received 1.5.",
    ],
    [
      "sessionState",
      { sessionState: "reset" },
      'sessionState: expected "discard" or "keep", received "reset". Give one of these, or leave it out.',
    ],
    ["onPin", { onPin: "" }, 'onPin: expected "report" or "throw", received "".'],
    [
      "ssl",
      { ssl: false },
      'ssl: expected an object, true or "Amazon RDS", received a value of type boolean. TLS is always on and verified: leave it out, or pass extra roots as `ssl: { ca }`.',
    ],
    [
      "ssl",
      { ssl: "no-verify" },
      'ssl: expected an object, true or "Amazon RDS", received a value of type string.',
    ],
    ["ssl", { ssl: null }, "ssl: expected an object, received null."],
    [
      "ssl.rejectUnauthorized",
      { ssl: { rejectUnauthorized: false } },
      "ssl.rejectUnauthorized: not an option here. The chain and the host name are always verified. " +
        "For a private CA set `ssl.ca`; behind a tunnel set `signingHost`.",
    ],
    [
      "ssl.verifyIdentity",
      { ssl: { verifyIdentity: false } },
      "ssl.verifyIdentity: not an option here. The chain and the host name are always verified.",
    ],
    [
      "ssl.checkServerIdentity",
      { ssl: { checkServerIdentity: () => undefined } },
      "ssl.checkServerIdentity: not an option here. The chain and the host name are always verified.",
    ],
    [
      "ssl.cert",
      { ssl: { cert: true } },
      "ssl.cert: not a known option. RDS and RDS Proxy ask for no client certificate, and ciphers are Node's: leave it out. " +
        "Known are: ssl.ca,",
    ],
    [
      "ssl.minVersion",
      { ssl: { minVersion: "TLSv1.1" } },
      'ssl.minVersion: expected "TLSv1.2" or "TLSv1.3", received "TLSv1.1".',
    ],
    [
      "ssl.maxVersion",
      { ssl: { maxVersion: "TLSv1" } },
      'ssl.maxVersion: expected "TLSv1.2" or "TLSv1.3", received "TLSv1".',
    ],
    ["ssl.CA", { ssl: { CA: CERTIFICATE } }, "Did you mean `ssl.ca`?"],
    ["ssl.servername", { ssl: { servername: "" } }, "ssl.servername: expected a non-empty string"],
    [
      "ssl.ca",
      { ssl: { ca: "ca.pem" } },
      "ssl.ca: expected PEM certificates, received text that is none. Pass the content of the file, for example readFileSync('ca.pem').",
    ],
    ["ssl.ca", { ssl: { ca: null } }, "ssl.ca: expected PEM certificates, received null."],
    ["ssl.ca", { ssl: { ca: [CERTIFICATE, 42] } }, "ssl.ca: expected PEM certificates, received 42."],
    [
      "ssl.ca in DER",
      { ssl: { ca: new X509Certificate(CERTIFICATE).raw } },
      "ssl.ca: expected PEM certificates, received a value of type object.",
    ],
    [
      "ssl.ca",
      { ssl: { ca: Buffer.from("not PEM") } },
      "ssl.ca: expected PEM certificates, received a value of type object.",
    ],
    [
      "ssl.ca",
      { ssl: { ca: CERTIFICATE.slice(0, 200) } },
      "ssl.ca: expected PEM certificates, received text that is none.",
    ],
    [
      "credentials",
      { credentials: "AKIA" },
      "credentials: expected credentials, received a value of type string.",
    ],
    [
      "credentials.accessKeyId",
      { credentials: {} },
      "credentials.accessKeyId: expected a non-empty string, received undefined.",
    ],
    [
      "credentials.secretAccessKey",
      { credentials: { accessKeyId: "AKIA", secretAccessKey: "" } },
      "credentials.secretAccessKey: expected a non-empty string, received an empty one.",
    ],
    [
      "roleArn",
      { roleArn: "arn:aws:sts::123456789012:assumed-role/orders/session" },
      'roleArn: expected the ARN of an IAM role, such as arn:aws:iam::123456789012:role/orders-database, received "arn:aws:sts',
    ],
    ["roleArn", { roleArn: 42 }, "roleArn: expected the ARN of an IAM role, such as"],
    [
      "externalId without a role",
      { externalId: "orders-42" },
      "roleArn: expected the role that `externalId` is for, received none.",
    ],
    [
      "externalId",
      { roleArn: "arn:aws:iam::123456789012:role/x", externalId: "" },
      "externalId: expected a non-empty",
    ],
    ["secret", { secret: "prod/orders" }, "secret: expected an object, received a value of type string."],
    ["secret.secretId", { secret: {} }, "secret.secretId: expected a non-empty string"],
    ["secret.secretid", { secret: { secretid: "prod/orders" } }, "Did you mean `secret.secretId`?"],
    ["secret.password", { secret: { secretId: "x", password: "hunter2" } }, "Known are: secret.secretId."],
    [
      "secret.secretId of another service",
      { secret: { secretId: "arn:aws:ssm:eu-west-1:123456789012:parameter/orders" } },
      "secret.secretId: expected the ARN or the name of a secret in Secrets Manager, received 51 characters that are neither.",
    ],
    [
      "secret.secretId that is the secret itself",
      { secret: { secretId: '{"username":"app","password":"hunter2"}' } },
      "secret.secretId: expected the ARN or the name of a secret in Secrets Manager, received 39 characters that are neither.",
    ],
  ])("%s: %o", (_, values, message) => {
    const error = errorOf(() => resolvedOptions(withValues(values)));
    expect(error.code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(error.message).toContain(message);
  });

  it.each([
    ["0", "0"],
    ["-1", '"-1"'],
    ["1.5", '"1.5"'],
    ["many", '"many"'],
    ["0x10", '"0x10"'],
    ["1e3", '"1e3"'],
    ["16 ", '"16 "'],
  ])("AWS_LAMBDA_MAX_CONCURRENCY=%s", (value, received) => {
    const error = errorOf(() => resolvedOptions({}, { env: { AWS_LAMBDA_MAX_CONCURRENCY: value } }));
    expect(error.message).toContain(
      `AWS_LAMBDA_MAX_CONCURRENCY: expected a whole number from 1, received ${received}.`,
    );
  });

  it("without showing any of a private key that was taken for the certificate", () => {
    const { message } = errorOf(() => resolvedOptions({ ssl: { ca: privateKey } }));
    expect(message).toContain("ssl.ca");
    expect(message).not.toContain(privateKey.split("\n")[1]);
    expect(message).not.toContain("PRIVATE KEY");
  });

  it.each([
    ["ssl", { ssl: `${privateKey}` }],
    ["credentials", { credentials: `${CREDENTIALS.accessKeyId}:${CREDENTIALS.secretAccessKey}` }],
    ["retry", { retry: "postgres://app:hunter2@db.example/shop" }],
  ])("without showing any of a text that was passed for the object `%s`", (name, values) => {
    const { message } = errorOf(() => resolvedOptions(withValues(values)));
    expect(message).toMatch(new RegExp(`^${name}: expected .*, received a value of type string\\. `));
    expect(message).not.toContain(Object.values(values).join().slice(0, 4));
  });

  it("without a NUL, which would begin another parameter of the login, in the user's name", () => {
    const { message } = errorOf(() => resolvedOptions({ user: "a\0application_name\0X" }));
    expect(message).toContain("user: expected a non-empty string without control characters");
  });

  it("without showing a secret key", () => {
    const credentials = { ...CREDENTIALS, accessKeyId: "" };
    expect(errorOf(() => resolvedOptions({ credentials })).message).not.toContain(
      CREDENTIALS.secretAccessKey,
    );
  });
});

describe("a role or a secret", () => {
  it.each([
    "arn:aws:iam::123456789012:role/orders",
    "arn:aws-cn:iam::123456789012:role/service-role/orders@x",
    "arn:aws-us-gov:iam::123456789012:role/a+b=c,d.e-f_g",
  ])("may be %s", (roleArn) => {
    expect(() => resolvedOptions({ roleArn })).not.toThrow();
  });

  it.each([
    "prod/orders",
    "rds!db-5d6e7f",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1a-AbCdEf",
    "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:prod/orders-AbCdEf",
  ])("may be %s", (secretId) => {
    expect(() => resolvedOptions({ secret: { secretId } })).not.toThrow();
  });

  it("provides the user only if nothing else does", () => {
    const secret = { secretId: "prod/orders" };
    const user = (options: RdsProxyOptions, env = {}): string =>
      resolvedOptions({ secret, ...options }, { env }).endpoint.user;
    expect(user({ user: "option" })).toBe("option");
    expect(user({ user: undefined }, { RDS_PROXY_USER: "variable" })).toBe("variable");
    expect(user({ user: undefined })).toBe("");
    expect(errorOf(() => resolvedOptions({ user: undefined })).message).toContain(
      "user: expected a database user",
    );
  });
});

describe("options of others", () => {
  it("are what is left without this package's own", () => {
    const options = { host: "db.example", retry: {}, application_name: "shop", query_timeout: 5 };
    expect(otherOptions(options)).toEqual({ application_name: "shop", query_timeout: 5 });
  });

  it("are not found on the prototype", () => {
    expect(otherOptions(Object.assign({ toString: "own" }, { user: "app" }))).toEqual({ toString: "own" });
  });
});
