import type { AwsCredentials } from "../options/aws-credentials.js";
import { computeSignature, service, toCanonicalQuery, tokenLifetimeMs } from "./verify-token.js";

/** Signs a token for `host:port` as AWS's SDKs do, from a name and key of the local proxy. */
export function signToken(
  endpoint: string,
  user: string,
  region: string,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  nowMs: number,
): string {
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), region, service, "aws4_request"] as const;
  const parameters = new Map([
    ["Action", "connect"],
    ["DBUser", user],
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", [accessKeyId, ...scope].join("/")],
    ["X-Amz-Date", date],
    ["X-Amz-Expires", String(tokenLifetimeMs / 1000)],
    ...(sessionToken === undefined ? [] : [["X-Amz-Security-Token", sessionToken] as const]),
    ["X-Amz-SignedHeaders", "host"],
  ]);
  const canonicalQuery = toCanonicalQuery(parameters);
  const signature = computeSignature({ endpoint, canonicalQuery, scope, date }, secretAccessKey);
  return `${endpoint}/?${canonicalQuery}&X-Amz-Signature=${signature.toString("hex")}`;
}
