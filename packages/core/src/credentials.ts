import { RdsProxyError } from "./errors.js";

/** AWS credentials, in the shape of the AWS SDK for JavaScript v3. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present with temporary credentials, such as a Lambda function's role. */
  readonly sessionToken?: string | undefined;
  /** When temporary credentials stop being accepted, where their source says so. */
  readonly expiration?: Date | undefined;
}

/** A credential provider of the AWS SDK, or any function like one. Called for each login. */
export type AwsCredentialProvider = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentials>;

/** Credentials and where they came from, for diagnosis. */
export interface FoundCredentials {
  readonly credentials: AwsCredentials;
  readonly source: "option" | "provider" | "environment" | "default chain";
}

/** Finds the credentials for one login. Asked each time, since they change under a long-lived process. */
export type CredentialSource = (now: number) => Promise<FoundCredentials>;

/** A token is accepted for 15 minutes, but no longer than the credentials that signed it. */
const REFRESH_WHEN_LESS_LEFT_MS = 15 * 60_000;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where credentials come from: the option if given; else Lambda's environment variables, which need no SDK;
 * else the SDK's default provider chain (profiles, SSO, web identity, container and instance metadata), loaded
 * only then because it costs tens of milliseconds.
 */
export function createCredentialSource(
  option: AwsCredentials | AwsCredentialProvider | undefined,
  env: Environment,
): CredentialSource {
  if (typeof option === "function") {
    return async (now) => {
      try {
        return { credentials: await fromProvider(option, now), source: "provider" };
      } catch (cause) {
        // Its own message may be about any host, and must not be taken for news from the database.
        throw new RdsProxyError(
          "RDS_PROXY_NO_CREDENTIALS",
          "No AWS credentials to sign the auth token with: the provider in the option `credentials` failed" +
            `${cause instanceof Error && cause.message ? ` (${cause.message.replace(/\.$/, "")})` : ""}. ` +
            "Check what it needs: a role that may be assumed, a profile, a way to reach STS.",
          { cause },
        );
      }
    };
  }
  if (option) {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = option;
    const credentials = { accessKeyId, secretAccessKey, sessionToken, expiration };
    return async () => ({ credentials, source: "option" });
  }

  let chain: Promise<AwsCredentialProvider> | undefined;
  return async (now) => {
    const credentials = fromEnvironment(env);
    if (credentials) return { credentials, source: "environment" };
    chain ??= loadDefaultChain();
    try {
      return { credentials: await fromProvider(await chain, now), source: "default chain" };
    } catch (cause) {
      chain = undefined;
      throw new RdsProxyError(
        "RDS_PROXY_NO_CREDENTIALS",
        "No AWS credentials to sign the auth token with. Looked in: the option `credentials`; the variables " +
          "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (set by Lambda); the SDK's default chain (AWS_PROFILE, " +
          "SSO, web identity, container and instance metadata). In Lambda, check that the function has an " +
          "execution role; locally, set the variables or pass `credentials`.",
        { cause },
      );
    }
  };
}

function fromEnvironment(env: Environment): AwsCredentials | undefined {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"] || undefined };
}

/**
 * Credentials that end before a new token would are refreshed, as `@aws-sdk/rds-signer` does; what is left of
 * the old ones serves when the refresh brings nothing better.
 */
async function fromProvider(provider: AwsCredentialProvider, now: number): Promise<AwsCredentials> {
  const credentials = await provider();
  if (!endsSoon(credentials, now)) return credentials;
  const refreshed = await provider({ forceRefresh: true }).catch((error: unknown) => {
    if (expiry(credentials) > now) return credentials;
    throw error;
  });
  return endsSoon(refreshed, now) && expiry(refreshed) < expiry(credentials) ? credentials : refreshed;
}

function endsSoon(credentials: AwsCredentials, now: number): boolean {
  return expiry(credentials) - now < REFRESH_WHEN_LESS_LEFT_MS;
}

function expiry(credentials: AwsCredentials): number {
  return credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
}

async function loadDefaultChain(): Promise<AwsCredentialProvider> {
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  return fromNodeProviderChain();
}
