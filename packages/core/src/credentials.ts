import { isDate } from "node:util/types";
import { invalidOption, RdsProxyError } from "./errors.js";
import { describeType } from "./validation.js";

/** AWS credentials, in the shape of the AWS SDK for JavaScript v3. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present with temporary credentials, such as a Lambda function's role. */
  readonly sessionToken?: string | undefined;
  /** When temporary credentials stop being accepted, where their source says so. */
  readonly expiration?: Date | undefined;
}

/** The same as it may be passed: an expiration in ISO 8601, as STS writes it in JSON, is taken too. */
export type GivenAwsCredentials = Omit<AwsCredentials, "expiration"> & {
  readonly expiration?: Date | string | undefined;
};

/** A credential provider of the AWS SDK, or any function like one. Called for each login. */
export type AwsCredentialProvider = (options?: { forceRefresh?: boolean }) => Promise<GivenAwsCredentials>;

/** Credentials and where they came from, for diagnosis. */
export interface FoundCredentials {
  readonly credentials: AwsCredentials;
  readonly source: "option" | "provider" | "role" | "environment" | "default chain";
}

/** Finds the credentials for one login. Asked each time, since they change under a long-lived process. */
export interface CredentialSource {
  (now: number): Promise<FoundCredentials>;
  /** To be told when the server refused what they signed: what is found next was refreshed, once a minute at most. */
  readonly refused?: (now: number) => void;
}

/** A token is accepted for 15 minutes, but no longer than the credentials that signed it. */
const REFRESH_WHEN_LESS_LEFT_MS = 15 * 60_000;

/** A function that may not log in is refused at each invocation, and must not call STS each time. */
const REFRESH_AFTER_REFUSAL_EVERY_MS = 60_000;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where credentials come from: the option if given; else Lambda's environment variables, which need no SDK;
 * else the SDK's default provider chain (profiles, SSO, web identity, container and instance metadata), loaded
 * only then because it costs tens of milliseconds.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for an option that holds no credentials
 */
export function createCredentialSource(
  option: GivenAwsCredentials | AwsCredentialProvider | undefined,
  env: Environment,
): CredentialSource {
  if (typeof option === "function") {
    return providerSource("provider", async () => option, {
      name: "the provider in the option `credentials`",
      // Its own message may be about any host, and must not be taken for news from the database.
      failed: (cause) =>
        new RdsProxyError(
          "RDS_PROXY_NO_CREDENTIALS",
          "No AWS credentials to sign the auth token with: the provider in the option `credentials` failed" +
            `${cause instanceof Error && cause.message ? ` (${cause.message.replace(/\.$/, "")})` : ""}. ` +
            "Check what it needs: a role that may be assumed, a profile, a way to reach STS.",
          { cause },
        ),
    });
  }
  if (option !== undefined) {
    const credentials = checkCredentials(option, refuseOption);
    return async () => ({ credentials, source: "option" });
  }

  let chain: Promise<AwsCredentialProvider> | undefined;
  const fromChain = providerSource(
    "default chain",
    () => {
      chain ??= loadDefaultChain(env);
      return chain;
    },
    {
      name: "the SDK's default chain",
      failed(cause) {
        chain = undefined;
        return new RdsProxyError(
          "RDS_PROXY_NO_CREDENTIALS",
          "No AWS credentials to sign the auth token with. Looked in: the option `credentials`; the variables " +
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (set by Lambda); the SDK's default chain (AWS_PROFILE, " +
            "SSO, web identity, container and instance metadata). In Lambda, check that the function has an " +
            "execution role; locally, set the variables or pass `credentials`.",
          { cause },
        );
      },
    },
  );
  const find: CredentialSource = async (now) => {
    const credentials = fromEnvironment(env);
    return credentials ? { credentials, source: "environment" } : fromChain(now);
  };
  return Object.assign(find, { refused: fromChain.refused });
}

/**
 * A source that asks a provider at each login.
 *
 * @param load gives the provider
 * @param words `name` of the provider in messages, and the error for what it failed with
 */
export function providerSource(
  source: FoundCredentials["source"],
  load: () => Promise<AwsCredentialProvider>,
  { name, failed }: { readonly name: string; readonly failed: (cause: unknown) => RdsProxyError },
): CredentialSource {
  let isRefreshDue = false;
  let refreshedAt = Number.NEGATIVE_INFINITY;
  const find = async (now: number): Promise<FoundCredentials> => {
    const wasRefused = isRefreshDue;
    isRefreshDue = false;
    try {
      return { credentials: await fromProvider(await load(), name, now, wasRefused), source };
    } catch (cause) {
      throw cause instanceof RdsProxyError ? cause : failed(cause);
    }
  };
  const refused = (now: number): void => {
    if (now - refreshedAt < REFRESH_AFTER_REFUSAL_EVERY_MS) return;
    refreshedAt = now;
    isRefreshDue = true;
  };
  return Object.assign(find, { refused });
}

function fromEnvironment(env: Environment): AwsCredentials | undefined {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"] || undefined };
}

/**
 * Credentials that end before a new token would are refreshed, as `@aws-sdk/rds-signer` does, and those that were
 * refused; what is left of the old ones serves when the refresh brings nothing better.
 */
async function fromProvider(
  provider: AwsCredentialProvider,
  name: string,
  now: number,
  wasRefused: boolean,
): Promise<AwsCredentials> {
  const ask = async (...options: Parameters<AwsCredentialProvider>): Promise<AwsCredentials> =>
    checkCredentials(await provider(...options), refuseResultOf(name));
  const credentials = await ask();
  if (!wasRefused && !endsSoon(credentials, now)) return credentials;
  const refreshed = await ask({ forceRefresh: true }).catch((error: unknown) => {
    if (expiry(credentials) > now) return credentials;
    throw error;
  });
  if (wasRefused) return refreshed;
  return endsSoon(refreshed, now) && expiry(refreshed) < expiry(credentials) ? credentials : refreshed;
}

function endsSoon(credentials: AwsCredentials, now: number): boolean {
  return expiry(credentials) - now < REFRESH_WHEN_LESS_LEFT_MS;
}

function expiry(credentials: AwsCredentials): number {
  return credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** Makes the error for what is wrong: a property (or nothing, for the whole), what it should be and what it is. */
type Refusal = (property: string, expected: string, received: string) => RdsProxyError;

const refuseOption: Refusal = (property, expected, received) =>
  invalidOption(
    property ? `credentials.${property}` : "credentials",
    expected,
    received,
    "Pass credentials or a provider of the AWS SDK, or leave the option out to use the environment.",
  );

function refuseResultOf(provider: string): Refusal {
  return (property, expected, received) =>
    new RdsProxyError(
      "RDS_PROXY_NO_CREDENTIALS",
      `No AWS credentials to sign the auth token with: ${provider} returned something else` +
        `${property ? `, whose ${property} is` : ":"} ${received} instead of ${expected}. ` +
        "It has to return { accessKeyId, secretAccessKey, sessionToken, expiration }, as the SDK's own do.",
    );
}

/** With its zone: a time without one would be taken for local time. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;

/** A copy of what was given, in which everything is what its type says. Messages name types and never values. */
function checkCredentials(given: unknown, refuse: Refusal): AwsCredentials {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw refuse("", "credentials", describeType(given));
  }
  const {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiration,
  }: Partial<Record<keyof AwsCredentials, unknown>> = given;
  if (sessionToken !== undefined && typeof sessionToken !== "string") {
    throw refuse("sessionToken", "a string or undefined", describeType(sessionToken));
  }
  return {
    accessKeyId: checkKey("accessKeyId", accessKeyId, refuse),
    secretAccessKey: checkKey("secretAccessKey", secretAccessKey, refuse),
    sessionToken: sessionToken || undefined,
    expiration: checkExpiration(expiration, refuse),
  };
}

function checkKey(property: string, value: unknown, refuse: Refusal): string {
  if (typeof value === "string" && value !== "") return value;
  throw refuse(property, "a non-empty string", value === "" ? "an empty one" : describeType(value));
}

function checkExpiration(value: unknown, refuse: Refusal): Date | undefined {
  if (value === undefined) return undefined;
  const isTime = isDate(value) || (typeof value === "string" && ISO_TIME.test(value));
  const expiration = isTime ? new Date(value) : undefined;
  if (expiration && !Number.isNaN(expiration.getTime())) return expiration;
  throw refuse(
    "expiration",
    "a valid Date, a time in ISO 8601 with its zone, or undefined",
    isDate(value) ? "an invalid Date" : describeType(value),
  );
}

async function loadDefaultChain(env: Environment): Promise<AwsCredentialProvider> {
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  const isContainer =
    env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] || env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  // The usual three retries, a second apart, are most of the time that a login has.
  const chain = fromNodeProviderChain(isContainer ? { maxRetries: 1 } : {});
  if (!isContainer) return chain;
  // What serves a container's credentials is near, and may have new ones long before the old ones end. The chain would
  // keep those; they serve while it does not answer.
  return (options) => chain({ ...options, forceRefresh: true }).catch(() => chain(options));
}
