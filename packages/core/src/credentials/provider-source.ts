import { RdsProxyError } from "../errors.js";
import type { Environment } from "../runtime.js";
import type {
  AwsCredentialProvider,
  AwsCredentials,
  CredentialSource,
  FoundCredentials,
} from "./aws-credentials.js";
import { checkCredentials, type Refusal } from "./check-credentials.js";

/** A token is accepted for 15 minutes, but no longer than the credentials that signed it. */
const REFRESH_WHEN_LESS_LEFT_MS = 15 * 60_000;

/** A function that may not log in is refused at each invocation, and must not call STS each time. */
const REFRESH_AFTER_REFUSAL_EVERY_MS = 60_000;

/** The provider in the option `credentials`. */
export function optionSource(provider: AwsCredentialProvider): CredentialSource {
  return providerSource("provider", async () => provider, {
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

/** The SDK's default chain, for where neither an option nor the environment has credentials. */
export function chainSource(env: Environment): CredentialSource {
  let chain: Promise<AwsCredentialProvider> | undefined;
  return providerSource(
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
  const refused = (atMs: number): void => {
    if (atMs - refreshedAt < REFRESH_AFTER_REFUSAL_EVERY_MS) return;
    refreshedAt = atMs;
    isRefreshDue = true;
  };
  return Object.assign(find, { refused });
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

function refuseResultOf(provider: string): Refusal {
  return (property, expected, received) =>
    new RdsProxyError(
      "RDS_PROXY_NO_CREDENTIALS",
      `No AWS credentials to sign the auth token with: ${provider} returned something else` +
        `${property ? `, whose ${property} is` : ":"} ${received} instead of ${expected}. ` +
        "It has to return { accessKeyId, secretAccessKey, sessionToken, expiration }, as the SDK's own do.",
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
