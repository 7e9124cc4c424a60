import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { AwsCredentials } from "../options/aws-credentials.js";

/**
 * Why a token is invalid. For the log and metrics only: clients get the same text for all of these, as from RDS Proxy.
 */
export type TokenFault =
  | "malformed"
  | "wrong-host"
  | "wrong-user"
  | "wrong-service"
  | "wrong-region"
  | "unknown-access-key"
  | "wrong-session-token"
  | "from-the-future"
  | "expired"
  | "wrong-signature";

/** What a token is checked against. */
export interface TokenExpectation {
  /** The database user of the login; case-sensitive. */
  readonly user: string;
  /** Every `host:port` for which a token may be signed. */
  readonly endpoints: ReadonlySet<string>;
  /** Whether the endpoint is compared without regard to case. */
  readonly isHostCaseIgnored: boolean;
  /** The proxy's AWS region. */
  readonly region: string;
  /** The valid access keys. */
  readonly credentials: readonly AwsCredentials[];
  /** Wall clock, in ms since the epoch. */
  readonly nowMs: number;
  /** How far a token's date may be ahead of `nowMs`, in ms. */
  readonly clockSkewMs: number;
  /** Whether a token's X-Amz-Expires is ignored in favour of 15 minutes. */
  readonly hasFixedLifetime: boolean;
}

/** The outcome of a check. */
export interface TokenVerdict {
  /** `undefined` for a valid token. */
  readonly fault: TokenFault | undefined;
  /** `undefined` when the password does not have the form of a token. */
  readonly signature: string | undefined;
}

/** A token is valid for 15 minutes ("IAM database authentication" in the Amazon RDS User Guide). */
export const tokenLifetimeMs: number = 900_000;

/** The service in a token's scope. */
export const service = "rds-db";
const emptyBodySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

interface Token {
  readonly endpoint: string;
  /** The query that was signed: percent-encoded, sorted, without the signature. */
  readonly canonicalQuery: string;
  readonly user: string;
  readonly accessKeyId: string;
  /** `date/region/service/aws4_request` */
  readonly scope: readonly [date: string, region: string, service: string, terminator: string];
  readonly date: string;
  readonly signedAtMs: number;
  readonly expiresMs: number;
  readonly sessionToken: string | undefined;
  readonly signature: string;
}

/** Checks a password as AWS checks an IAM token, by recomputing its signature (Signature Version 4). */
export function verifyToken(password: string, expected: TokenExpectation): TokenVerdict {
  const token = parseToken(password);
  return token === undefined
    ? { fault: "malformed", signature: undefined }
    : { fault: findFault(token, expected), signature: token.signature };
}

/** Whether a password has the form of a token, valid or not. */
export function looksLikeToken(password: string): boolean {
  return parseToken(password) !== undefined;
}

function findFault(token: Token, expected: TokenExpectation): TokenFault | undefined {
  const [, region, tokenService] = token.scope;
  if (!isExpectedEndpoint(token.endpoint, expected)) return "wrong-host";
  if (token.user !== expected.user) return "wrong-user";
  if (tokenService !== service) return "wrong-service";
  if (region !== expected.region) return "wrong-region";
  const credentials = expected.credentials.find((known) => known.accessKeyId === token.accessKeyId);
  if (credentials === undefined) return "unknown-access-key";
  if (token.sessionToken !== credentials.sessionToken) return "wrong-session-token";
  const ageMs = expected.nowMs - token.signedAtMs;
  if (ageMs < -expected.clockSkewMs) return "from-the-future";
  if (ageMs > (expected.hasFixedLifetime ? tokenLifetimeMs : token.expiresMs)) return "expired";
  const signature = Buffer.from(token.signature, "hex");
  return timingSafeEqual(signature, computeSignature(token, credentials.secretAccessKey))
    ? undefined
    : "wrong-signature";
}

function isExpectedEndpoint(
  endpoint: string,
  { endpoints, isHostCaseIgnored }: Pick<TokenExpectation, "endpoints" | "isHostCaseIgnored">,
): boolean {
  if (!isHostCaseIgnored) return endpoints.has(endpoint);
  return [...endpoints].some((known) => known.toLowerCase() === endpoint.toLowerCase());
}

/** Computes a token's signature, without regard to the one that it has. */
export function computeSignature(
  token: Pick<Token, "endpoint" | "canonicalQuery" | "scope" | "date">,
  secretAccessKey: string,
): Buffer {
  const request = ["GET", "/", token.canonicalQuery, `host:${token.endpoint}`, "", "host", emptyBodySha256];
  const toSign = ["AWS4-HMAC-SHA256", token.date, token.scope.join("/"), sha256(request.join("\n"))];
  let key = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of token.scope) key = hmac(key, part);
  return hmac(key, toSign.join("\n"));
}

function parseToken(password: string): Token | undefined {
  const [, endpoint, query] = /^([^/?#\s]+:\d+)\/\?(\S+)$/.exec(password) ?? [];
  if (endpoint === undefined || query === undefined) return undefined;
  const parameters = parseQuery(query);
  if (parameters === undefined) return undefined;
  const [accessKeyId, ...scope] = parameters.get("X-Amz-Credential")?.split("/") ?? [];
  const [date, region, tokenService, terminator] = scope;
  const signedAt = parameters.get("X-Amz-Date") ?? "";
  const signedAtMs = parseAmzDate(signedAt);
  const signature = parameters.get("X-Amz-Signature") ?? "";
  const user = parameters.get("DBUser");
  const isWellFormed =
    parameters.get("Action") === "connect" &&
    parameters.get("X-Amz-Algorithm") === "AWS4-HMAC-SHA256" &&
    parameters.get("X-Amz-SignedHeaders") === "host" &&
    /^\d+$/.test(parameters.get("X-Amz-Expires") ?? "") &&
    /^[0-9a-f]{64}$/.test(signature) &&
    scope.length === 4 &&
    terminator === "aws4_request" &&
    date === signedAt.slice(0, 8) &&
    !Number.isNaN(signedAtMs);
  if (!isWellFormed || !user || !accessKeyId || !region || !tokenService) return undefined;
  return {
    endpoint,
    canonicalQuery: toCanonicalQuery(parameters),
    user,
    accessKeyId,
    scope: [date, region, tokenService, terminator],
    date: signedAt,
    signedAtMs,
    expiresMs: Number(parameters.get("X-Amz-Expires")) * 1000,
    sessionToken: parameters.get("X-Amz-Security-Token"),
    signature,
  };
}

/** `undefined` for a malformed escape or a repeated name, which no signer produces. */
function parseQuery(query: string): Map<string, string> | undefined {
  const parameters = new Map<string, string>();
  for (const pair of query.split("&")) {
    const separator = pair.indexOf("=");
    try {
      const name = decodeURIComponent(pair.slice(0, separator));
      if (separator < 1 || parameters.has(name)) return undefined;
      parameters.set(name, decodeURIComponent(pair.slice(separator + 1)));
    } catch {
      return undefined;
    }
  }
  return parameters;
}

/** The query that is signed. AWS's SDKs differ in the order of the parameters, so the order does not matter. */
export function toCanonicalQuery(parameters: ReadonlyMap<string, string>): string {
  return [...parameters]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    .sort()
    .join("&");
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function parseAmzDate(date: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer<ArrayBuffer> {
  return createHmac("sha256", key).update(text).digest();
}
