import type { Endpoint } from "../endpoint/endpoint.js";
import { RdsProxyError } from "../errors.js";
import { loadNow } from "../loading/load-now.js";
import type { Clock } from "../time/clock.js";
import { AuthToken, signAuthToken, tokenExpiry } from "./auth-token.js";
import type { AwsCredentials } from "./aws-credentials.js";
import { awsIdentity } from "./aws-failure.js";

/** Two readings of the same clock differ by less. */
const SAME_TIME_MS = 1000;

/**
 * Signs one login token by AWS's own signer, for credentials that are not in Lambda's variables. Their source has refreshed them
 * already, so the signer gets them as they are.
 *
 * It dates a token by `Date`, which a test may have faked: the server would refuse the token. There our code signs, which takes
 * the time from our clock and makes the same token byte for byte.
 *
 * @throws RdsProxyError `RDS_PROXY_MISSING_DEPENDENCY`
 */
export async function signBySdk(
  endpoint: Pick<Endpoint, "signingHost" | "signingPort" | "user" | "region">,
  credentials: AwsCredentials,
  clock: Clock,
): Promise<AuthToken> {
  const isFaked = Math.abs(Date.now() - clock.now()) > SAME_TIME_MS;
  if (isFaked) return signAuthToken(endpoint, credentials, clock.now());
  const Signer = await loadSigner();
  const now = clock.now();
  const token = await new Signer({
    hostname: endpoint.signingHost,
    port: endpoint.signingPort,
    username: endpoint.user,
    region: endpoint.region,
    credentials: awsIdentity(credentials),
  }).getAuthToken();
  return new AuthToken(token, now, tokenExpiry(now, credentials));
}

async function loadSigner() {
  try {
    return (await loadNow(() => import("@aws-sdk/rds-signer"))).Signer;
  } catch (cause) {
    throw new RdsProxyError(
      "RDS_PROXY_MISSING_DEPENDENCY",
      "@aws-sdk/rds-signer, which signs with credentials that are not in Lambda's environment variables, could not be loaded. " +
        "Deploy it with the function, or let the bundler bundle it.",
      { cause, phase: "credentials" },
    );
  }
}
