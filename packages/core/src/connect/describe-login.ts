import type { FoundCredentials } from "../credentials/aws-credentials.js";
import { secretUnanswered } from "../credentials/secret-unanswered.js";
import type { TokenFacts } from "../credentials/signer.js";
import { signerUnanswered } from "../credentials/signer-token.js";
import { describeEndpoint } from "../endpoint/endpoint.js";
import { RdsProxyError } from "../errors.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import type { AbortedLogin } from "./aborted-login.js";
import { phaseOf, timeoutIn } from "./connect-phase.js";
import type { LoginRecord } from "./login-record.js";

/** Names of the sources of credentials in messages. */
export const SOURCE_NAMES: Readonly<Record<FoundCredentials["source"] | TokenFacts["source"], string>> = {
  option: "the option `credentials`",
  provider: "the provider in the option `credentials`",
  role: "the role in the option `roleArn`",
  signer: "the option `signer`",
  environment: "the environment variables",
  "default chain": "the SDK's default chain",
};

/** Describes a login, without its token, in one sentence. */
export function describeLogin(
  { signed }: Pick<LoginRecord, "signed">,
  { endpoint, tls, runtime, secret, signer }: ResolvedRdsProxyOptions,
): string {
  const security = `TLS: ${tls.description}.`;
  if (secret) return `${secret.describe()}; ${security}`;
  const now = runtime.clock.now();
  if (signer && !signed) return `Token from ${SOURCE_NAMES.signer}, which was not asked for one; ${security}`;
  if (signed?.source === "signer") return `${describeToken(signed, now)}; ${security}`;
  const signedFor = `Signed for ${endpoint.signingHost}:${endpoint.signingPort}, region ${endpoint.region}, user ${endpoint.user}`;
  if (!signed) return `${signedFor}; the server did not ask for the token; ${security}`;

  const { signedAt, expiresAt, accessKeyId, isTemporary, expiration, source } = signed;
  const ageSeconds = ((now - signedAt) / 1000).toFixed(1);
  return (
    `${signedFor}; token age ${ageSeconds} s, valid until ${new Date(expiresAt).toISOString()}; ` +
    `${isTemporary ? "temporary" : "long-term"} credentials ${accessKeyId} from ${SOURCE_NAMES[source]}, ` +
    `${expiration ? `expiring at ${expiration.toISOString()}` : "without a known expiry"}; ${security}`
  );
}

function describeToken(
  { signedFor, region, user, accessKeyId, signedAt, expiresAt }: TokenFacts,
  now: number,
): string {
  if (signedFor === undefined) return `Token from ${SOURCE_NAMES.signer}, in a form that is not AWS's`;
  return [
    `Token from ${SOURCE_NAMES.signer}, signed for ${signedFor}, region ${region}, user ${user ?? "not named"}`,
    ...(signedAt === undefined ? [] : [`token age ${((now - signedAt) / 1000).toFixed(1)} s`]),
    ...(expiresAt === undefined ? [] : [`valid until ${new Date(expiresAt).toISOString()}`]),
    `credentials ${accessKeyId}`,
  ].join("; ");
}

/** The error of an aborted login. */
export function explainAbortedLogin(
  { reason, waitedMs }: AbortedLogin,
  login: LoginRecord | undefined,
  { endpoint, secret, signer }: ResolvedRdsProxyOptions,
): Error {
  switch (reason) {
    case "no credentials":
      if (secret) return secretUnanswered(secret.secretId, waitedMs);
      return signer ? signerUnanswered(waitedMs) : credentialsTimeout(waitedMs);
    case "no answer":
      return Object.assign(new Error(timeoutIn(phaseOf(login))), { code: "ETIMEDOUT" });
    case "too many bytes":
      return new RdsProxyError(
        "RDS_PROXY_REFUSED",
        `Could not connect to ${describeEndpoint(endpoint)}: the server sent more than a megabyte before ` +
          "the login was done. What answers at this address does not speak the database's protocol.",
      );
    default:
      return reason satisfies never;
  }
}

function credentialsTimeout(waitedMs: number): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_NO_CREDENTIALS",
    "No AWS credentials to sign the auth token with: the provider in the option `credentials` (or STS for `roleArn`, " +
      `or the SDK's default chain) did not answer in ${(waitedMs / 1000).toFixed(1)} s. Check what it has to reach: in a VPC ` +
      "without a way to the internet, STS needs an interface endpoint. A Lambda function's own role needs " +
      "neither: leave `credentials` out.",
  );
}
