import { RdsProxyError } from "../errors.js";
import { loadNow } from "../loading/load-now.js";
import type { Environment } from "../runtime.js";
import type { Restores } from "../time/restores.js";
import { TOKEN_LIFETIME_MS } from "./auth-token.js";
import type {
  AwsCredentialProvider,
  AwsCredentials,
  CredentialSource,
  FoundCredentials,
} from "./aws-credentials.js";
import { checkCredentials, type Refusal } from "./check-credentials.js";

/** Every invocation of a function that may not log in is refused; not every one of them may call STS. */
const REFRESH_AFTER_REFUSAL_EVERY_MS = 60_000;

/** The provider in the option `credentials`. */
export function optionSource(provider: AwsCredentialProvider, restores: Restores): CredentialSource {
  return providerSource("provider", restores, async () => provider, {
    name: "the provider in the option `credentials`",
    // The provider's message may name any host, and must not read as the database's.
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

/** The SDK's default chain, used where neither an option nor the environment has credentials. */
export function chainSource(env: Environment, restores: Restores): CredentialSource {
  let chain: Promise<AwsCredentialProvider> | undefined;
  return providerSource(
    "default chain",
    restores,
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
 * A source that calls a provider for each login.
 *
 * @param load loads the provider
 * @param messages the provider's `name` in messages, and the error of a failed call
 */
export function providerSource(
  source: FoundCredentials["source"],
  restores: Restores,
  load: () => Promise<AwsCredentialProvider>,
  { name, failed }: { readonly name: string; readonly failed: (cause: unknown) => RdsProxyError },
): CredentialSource {
  let isRefreshDue = false;
  let refreshedForRestoreAt = Number.NEGATIVE_INFINITY;
  let refreshedAt = Number.NEGATIVE_INFINITY;
  const find = async (now: number): Promise<FoundCredentials> => {
    const wasRefused = isRefreshDue;
    isRefreshDue = false;
    try {
      const { restoredAt } = restores;
      if (restoredAt > refreshedForRestoreAt) {
        // A provider may have cached credentials before the snapshot.
        const provider = await load();
        const credentials = checkCredentials(await provider({ forceRefresh: true }), refuseResultOf(name));
        refreshedForRestoreAt = restoredAt;
        return { credentials, source };
      }
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
 * Refreshes credentials that expire before a token signed now would, as `@aws-sdk/rds-signer` does, and credentials whose
 * token was refused. If the refresh fails or returns credentials that expire earlier, the current ones are used until they
 * expire.
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
  if (!wasRefused && !expiresSoon(credentials, now)) return credentials;
  const refreshed = await ask({ forceRefresh: true }).catch((error: unknown) => {
    if (expiry(credentials) > now) return credentials;
    throw error;
  });
  if (wasRefused) return refreshed;
  return expiresSoon(refreshed, now) && expiry(refreshed) < expiry(credentials) ? credentials : refreshed;
}

function expiresSoon(credentials: AwsCredentials, now: number): boolean {
  return expiry(credentials) - now < TOKEN_LIFETIME_MS;
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
  const { fromNodeProviderChain } = await loadNow(() => import("@aws-sdk/credential-providers"));
  const isContainer =
    env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] || env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  // The default of three retries, one second apart, would take most of a login's time.
  const chain = fromNodeProviderChain(isContainer ? { maxRetries: 1 } : {});
  if (!isContainer) return chain;
  // The container's credential endpoint is local, and may have new credentials long before the old ones expire; the chain
  // would cache the old ones. If the endpoint does not answer, the cached ones are used.
  return (options) => chain({ ...options, forceRefresh: true }).catch(() => chain(options));
}
