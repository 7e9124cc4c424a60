import type {
  AwsCredentialProvider,
  CredentialSource,
  GivenAwsCredentials,
} from "../credentials/aws-credentials.js";
import { createCredentialSource, lazySource } from "../credentials/credential-source.js";
import { checkRole } from "../credentials/role.js";
import { checkSecret, Secret, type SecretOptions } from "../credentials/secret.js";
import { checkSigner, type SignerToken, type TokenSigner } from "../credentials/signer.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import type { EndpointOptions } from "../endpoint/endpoint-options.js";
import type { Engine } from "../endpoint/engine.js";
import { resolveEndpoint } from "../endpoint/resolve-endpoint.js";
import { type CheckedSsl, type VerifiedTls, verifiedTls } from "../endpoint/verified-tls.js";
import { invalidOption } from "../errors.js";
import { builtinModule } from "../loading/builtin-module.js";
import { loadOnDemand } from "../loading/load-on-demand.js";
import { type Runtime, systemRuntime } from "../runtime.js";
import type { BackoffPolicy } from "../time/backoff.js";
import {
  checkChoice,
  checkCount,
  checkDuration,
  checkKnownNames,
  checkObject,
  checkText,
  describeType,
  describeValue,
  expectOption,
  refusedOption,
} from "../validation.js";

/** How failed connects are retried. Statements never are. */
export interface RetryOptions {
  /**
   * The most attempts of one connect, the first included.
   *
   * @default no limit: attempts go on until the deadline
   */
  maxAttempts?: number | undefined;
  /**
   * Upper bound of the first delay between attempts, in milliseconds; doubles with each attempt. A smaller value than 20 counts
   * as 20, so that a server that refuses at once is not called in a tight loop.
   *
   * @default 50
   */
  baseDelayMs?: number | undefined;
  /**
   * The longest delay, in milliseconds. With the default a slot that becomes free is used within a second.
   *
   * @default 1000
   */
  maxDelayMs?: number | undefined;
}

/** Where the database is, who logs in, and how long to try. The environment can provide all that is required. */
export interface RdsProxyOptions extends EndpointOptions {
  /**
   * AWS credentials, or a provider of them, to sign tokens with.
   *
   * @default the environment variables, then the SDK's default chain
   */
  credentials?: GivenAwsCredentials | AwsCredentialProvider | undefined;
  /**
   * ARN of an IAM role to assume first, through STS and with `credentials`: for a proxy in another account.
   *
   * @default none
   */
  roleArn?: string | undefined;
  /**
   * The external id that the role's trust policy requires.
   *
   * @default none
   */
  externalId?: string | undefined;
  /**
   * For a proxy without IAM authentication: a secret in Secrets Manager, whose password is used instead of a token. It is read
   * with `credentials`, or with those of `roleArn`.
   *
   * @default none: a token is signed for each login
   */
  secret?: SecretOptions | undefined;
  /**
   * Makes the tokens instead of this library: a `Signer` of `@aws-sdk/rds-signer`, or another object with a method
   * `getAuthToken()` that returns a promise of a password. Called once for each login. It has credentials, host, port, user and
   * region of its own, so `credentials`, `roleArn` and `secret` are errors beside it, and no region is needed.
   *
   * @default none: a token is signed with `credentials`
   */
  signer?: TokenSigner | undefined;
  /**
   * Timeout of one attempt to connect and log in, in milliseconds. An attempt gets no more than half of the remaining time
   * either, so that there is time for another one.
   *
   * @default 5000
   */
  connectTimeoutMs?: number | undefined;
  /**
   * Timeout of acquiring a connection, retries included, in milliseconds.
   *
   * @default 30000
   */
  acquireTimeoutMs?: number | undefined;
  /**
   * The number of attempts to connect, and the delays between them.
   *
   * @default attempts until the deadline, with delays of at most 50 ms at first and 1 s later
   */
  retry?: RetryOptions | undefined;
  /**
   * A connection that was unused for longer than this, in milliseconds, is validated by a round trip before it is used; 0 for
   * always.
   *
   * @default 5000
   */
  validateAfterIdleMs?: number | undefined;
  /**
   * The most connections of this process.
   *
   * @default `AWS_LAMBDA_MAX_CONCURRENCY`, otherwise 1
   */
  maxConnections?: number | undefined;
  /**
   * What happens to a connection whose session was changed by an invocation's statements (`SET`, a temporary table, a
   * session lock, ...): `"discard"` closes it when the invocation has ended, so that the next invocation gets a clean session
   * and RDS Proxy gets the pinned database connection back. `"keep"` reuses it as it is, and the event `keep` reports what it kept.
   *
   * @default "discard"; `"keep"` for `createPool`, `withRdsProxy` and Kysely's dialect, as with the driver's own pool
   */
  sessionState?: "discard" | "keep" | undefined;
  /**
   * What happens when a statement would pin its session: `"report"` publishes the event `pin`. `"throw"` is for tests: the
   * statement is not sent and fails with RDS_PROXY_PINNED, which names the remedy.
   *
   * @default "report"
   */
  onPin?: "report" | "throw" | undefined;
}

/** Checked options with all defaults, independent of the object that was passed. */
export interface ResolvedRdsProxyOptions {
  readonly endpoint: Endpoint;
  /** Finds the credentials that sign tokens or read the secret. */
  readonly credentials: CredentialSource;
  /** The secret with the password; undefined for logins with a token. */
  readonly secret: Secret | undefined;
  /** Asks the option `signer` for the token of one login; undefined if there is none. */
  readonly signer: (() => Promise<SignerToken>) | undefined;
  readonly tls: VerifiedTls;
  readonly connectTimeoutMs: number;
  readonly acquireTimeoutMs: number;
  readonly retry: BackoffPolicy & { readonly maxAttempts: number };
  readonly validateAfterIdleMs: number;
  readonly maxConnections: number;
  /** Undefined where the user left it open: invocations discard, pools keep. */
  readonly sessionState: "discard" | "keep" | undefined;
  readonly onPin: "report" | "throw";
  readonly runtime: Runtime;
}

/** A record, so that the compiler finds missing names. */
const OPTION_NAMES = {
  host: true,
  targetRole: true,
  port: true,
  user: true,
  database: true,
  region: true,
  credentials: true,
  roleArn: true,
  externalId: true,
  secret: true,
  signer: true,
  signingHost: true,
  signingPort: true,
  ssl: true,
  connectTimeoutMs: true,
  acquireTimeoutMs: true,
  retry: true,
  validateAfterIdleMs: true,
  maxConnections: true,
  sessionState: true,
  onPin: true,
} as const satisfies Record<keyof RdsProxyOptions, true>;

/** The names of `RdsProxyOptions`, for checks of options that extend them. */
export const RDS_PROXY_OPTION_NAMES: readonly string[] = Object.keys(OPTION_NAMES);

/** The options that are not `RdsProxyOptions`: those of a driver or of the middleware. */
export function otherOptions<T extends RdsProxyOptions>(options: T): Omit<T, keyof RdsProxyOptions> {
  const others: readonly (readonly unknown[])[] = Object.entries(options).filter(
    ([name]) => !Object.hasOwn(OPTION_NAMES, name),
  );
  return Object.fromEntries(others);
}

/**
 * Checks the options, adds the environment and the defaults.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` naming the option or variable and the remedy
 */
export function resolveOptions(
  options: RdsProxyOptions,
  engine: Engine,
  runtime: Runtime = systemRuntime,
): ResolvedRdsProxyOptions {
  const retry = options.retry ?? {};
  checkObject("retry", retry);
  checkKnownNames("retry.", retry, ["maxAttempts", "baseDelayMs", "maxDelayMs"]);
  const ssl = checkSsl(options.ssl);
  const secretOptions = options.secret === undefined ? undefined : checkSecret(options.secret);
  let secret: Secret | undefined;
  const userOfSecret = secretOptions && (() => secret?.user ?? "");
  const endpoint = resolveEndpoint({ ...options, ssl }, engine, runtime.env, userOfSecret);
  const signer = checkSigner(options);
  const role = checkRole(options);
  const own = createCredentialSource(options.credentials, runtime.env, runtime.restores);
  const credentials = role
    ? lazySource(async () => (await loadOnDemand()).createRoleSource(role, endpoint.region, own, runtime))
    : own;
  if (secretOptions) secret = createSecret(secretOptions, endpoint, credentials, runtime);

  return {
    endpoint,
    credentials,
    secret,
    signer: signer && (async () => (await loadOnDemand()).askSigner(signer)),
    tls: verifiedTls(endpoint, ssl),
    connectTimeoutMs: checkDuration("connectTimeoutMs", options.connectTimeoutMs ?? 5000, 1),
    acquireTimeoutMs: checkDuration("acquireTimeoutMs", options.acquireTimeoutMs ?? 30_000, 1),
    retry: {
      maxAttempts:
        retry.maxAttempts === undefined
          ? Number.POSITIVE_INFINITY
          : checkCount("retry.maxAttempts", retry.maxAttempts),
      baseDelayMs: checkDuration("retry.baseDelayMs", retry.baseDelayMs ?? 50, 0),
      maxDelayMs: checkDuration("retry.maxDelayMs", retry.maxDelayMs ?? 1000, 0),
    },
    validateAfterIdleMs: checkDuration("validateAfterIdleMs", options.validateAfterIdleMs ?? 5000, 0),
    maxConnections: checkCount("maxConnections", options.maxConnections ?? maxConcurrency(runtime.env) ?? 1),
    sessionState: checkChoice("sessionState", options.sessionState, ["discard", "keep"]),
    onPin: checkChoice("onPin", options.onPin, ["report", "throw"]) ?? "report",
    runtime,
  };
}

function createSecret(
  { secretId }: SecretOptions,
  { user, region }: Endpoint,
  credentials: CredentialSource,
  runtime: Runtime,
): Secret {
  const givenUser = user === "" ? undefined : user;
  return new Secret(secretId, givenUser, async () => {
    const { createSecretReader } = await loadOnDemand();
    return createSecretReader({ secretId, region, credentials, givenUser, runtime });
  });
}

/** Set only on Lambda Managed Instances, where one process serves several invocations at once. */
function maxConcurrency(env: Runtime["env"]): number | undefined {
  const value = env["AWS_LAMBDA_MAX_CONCURRENCY"];
  if (!value) return undefined;
  return checkCount("AWS_LAMBDA_MAX_CONCURRENCY", /^\d+$/.test(value) ? Number(value) : value);
}

/** The drivers' names for verification, which is always on. */
const VERIFICATION_NAMES = ["rejectUnauthorized", "verifyIdentity", "checkServerIdentity"];
const SSL_NAMES = ["ca", "servername", "minVersion", "maxVersion", ...VERIFICATION_NAMES];
const TLS_VERSIONS: readonly unknown[] = ["TLSv1.2", "TLSv1.3"];

function checkSsl(ssl: RdsProxyOptions["ssl"]): CheckedSsl {
  if (ssl === undefined || ssl === true) return {};
  if (ssl === "Amazon RDS") return { trustsRdsRoots: true };
  if (typeof ssl !== "object") {
    throw invalidOption(
      "ssl",
      'an object, true or "Amazon RDS"',
      describeType(ssl),
      "TLS is always on and verified: leave it out, or pass extra roots as `ssl: { ca }`.",
    );
  }
  checkObject("ssl", ssl);
  for (const [name, value] of Object.entries(ssl)) {
    // `true` requests what is always done.
    if (!VERIFICATION_NAMES.includes(name) || value === undefined || value === true) continue;
    throw refusedOption(`ssl.${name}`, {
      reason: "The chain and the host name are always verified.",
      remedy: "For a private CA set `ssl.ca`; behind a tunnel set `signingHost`.",
    });
  }
  checkKnownNames(
    "ssl.",
    ssl,
    SSL_NAMES,
    "RDS and RDS Proxy ask for no client certificate, and ciphers are Node's: leave it out.",
  );
  const { ca, servername, minVersion, maxVersion } = ssl;
  for (const [name, version] of Object.entries({ minVersion, maxVersion })) {
    expectOption(
      version === undefined || TLS_VERSIONS.includes(version),
      `ssl.${name}`,
      '"TLSv1.2" or "TLSv1.3"',
      version,
    );
  }
  if (servername !== undefined) checkText("ssl.servername", servername);
  for (const certificate of ca === undefined ? [] : [ca].flat()) {
    if (!isPemCertificate(certificate)) {
      throw invalidOption(
        "ssl.ca",
        "PEM certificates",
        // Text is not shown: it may be the private key, passed by mistake.
        typeof certificate === "string" ? "text that is none" : describeValue(certificate),
        "Pass the content of the file, for example readFileSync('ca.pem').",
      );
    }
  }
  return { ca, servername, minVersion, maxVersion };
}

/** OpenSSL ignores what it cannot parse, and the connection fails much later. */
function isPemCertificate(value: unknown): boolean {
  if (typeof value !== "string" && !Buffer.isBuffer(value)) return false;
  if (!/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(value.toString())) return false;
  try {
    const { X509Certificate } = builtinModule("node:crypto");
    return new X509Certificate(value).raw.length > 0;
  } catch {
    return false;
  }
}
