import { RdsProxyError } from "../errors.js";
import { describeType } from "../validation.js";
import type { SignerToken, TokenFacts, TokenSigner } from "./signer.js";

/** What to check where a signer fails or does not answer. */
const CHECK_SIGNER =
  "Check what it has to reach: its credentials' provider, and in a VPC without a way to the internet an interface endpoint " +
  "for STS. A Lambda function's own role needs none: leave `signer` out.";

/**
 * Asks the option `signer` for the token of one login.
 *
 * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS` if it fails or returns something else than a token
 */
export async function askSigner(signer: TokenSigner): Promise<SignerToken> {
  let token: unknown;
  try {
    token = await signer.getAuthToken();
  } catch (cause) {
    throw noToken(
      `failed${cause instanceof Error && cause.message ? ` (${cause.message.replace(/\.$/, "")})` : ""}. ${CHECK_SIGNER}`,
      { cause },
    );
  }
  if (typeof token !== "string" || token === "" || token.includes("\0")) {
    const returned =
      typeof token !== "string"
        ? describeType(token)
        : token === ""
          ? "an empty string"
          : "a string with a NUL, which would end the password";
    throw noToken(`returned ${returned} instead of a token. Its getAuthToken() has to return a string.`);
  }
  return { token, known: factsOf(token) };
}

/** The error for a timeout of the option `signer`. */
export function signerUnanswered(waitedMs: number): RdsProxyError {
  return noToken(`did not answer in ${(waitedMs / 1000).toFixed(1)} s. ${CHECK_SIGNER}`);
}

function noToken(what: string, details: { cause?: unknown } = {}): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_NO_CREDENTIALS",
    `No auth token to log in with: the option \`signer\` ${what}`,
    details,
  );
}

const UNKNOWN: TokenFacts = {
  source: "signer",
  signedFor: undefined,
  region: undefined,
  user: undefined,
  accessKeyId: undefined,
  signedAt: undefined,
  expiresAt: undefined,
};

/** `KEY/20260301/eu-west-1/rds-db/aws4_request`, or `dsql` as the service. */
const SCOPE = /^(\w{16,128})\/\d{8}\/([a-z0-9-]+)\/[a-z0-9-]+\/aws4_request$/;

/**
 * What a token that AWS's signers make says of itself: a URL without its scheme, signed by SigV4. Nothing is read of other
 * tokens, in which each part may be secret.
 */
function factsOf(token: string): TokenFacts {
  const url = URL.parse(`https://${token}`);
  const parameters = url?.searchParams;
  const scope = SCOPE.exec(parameters?.get("X-Amz-Credential") ?? "");
  if (!url || !scope || !parameters?.has("X-Amz-Signature")) return UNKNOWN;
  const signedAt = timeOf(parameters.get("X-Amz-Date"));
  const lifetimeS = Number(parameters.get("X-Amz-Expires") ?? Number.NaN);
  const expiresAt = signedAt !== undefined && lifetimeS > 0 ? signedAt + lifetimeS * 1000 : undefined;
  return {
    source: "signer",
    // `URL` omits the default port of its scheme.
    signedFor: /^[^/]*:443\//.test(token) ? `${url.hostname}:443` : url.host,
    region: scope[2],
    user: parameters.get("DBUser") ?? undefined,
    accessKeyId: scope[1],
    signedAt,
    expiresAt,
  };
}

/** Milliseconds of `20260301T120000Z`. */
function timeOf(date: string | null): number | undefined {
  const iso = date?.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, "$1-$2-$3:$4:$5");
  const time = Date.parse(iso ?? "");
  return Number.isNaN(time) ? undefined : time;
}
