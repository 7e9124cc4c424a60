import type { Endpoint } from "../endpoint/endpoint.js";
import { builtinModule } from "../loading/builtin-module.js";
import type { AwsCredentials } from "./aws-credentials.js";

/**
 * A token expires 15 minutes after it was signed.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
export const TOKEN_LIFETIME_MS: number = 15 * 60_000;

const SERVICE = "rds-db";
const ALGORITHM = "AWS4-HMAC-SHA256";
/** SHA-256 of the empty payload. */
const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

type Parameter = readonly [name: string, value: string];

/** A signed password. Only `reveal()` returns it; the object cannot be logged or serialised by accident. */
export class AuthToken {
  readonly #value: string;
  /** Milliseconds since the epoch. */
  readonly signedAt: number;
  /** When the token expires: after 15 minutes, or with the credentials if they expire earlier. */
  readonly expiresAt: number;

  constructor(value: string, signedAt: number, expiresAt: number) {
    this.#value = value;
    this.signedAt = signedAt;
    this.expiresAt = expiresAt;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[auth token]";
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * Signs one login token for an endpoint, byte for byte as `@aws-sdk/rds-signer` does, and without loading it: for credentials in
 * Lambda's variables. Other credentials sign by that package (`sdk-token.ts`).
 *
 * @param now milliseconds since the epoch; the signature carries whole seconds
 * @param lifetimeMs what the token says of its own lifetime; only the doctor's probe asks for another than AWS's
 */
export function signAuthToken(
  endpoint: Pick<Endpoint, "signingHost" | "signingPort" | "user" | "region">,
  credentials: AwsCredentials,
  now: number,
  lifetimeMs: number = TOKEN_LIFETIME_MS,
): AuthToken {
  const host = `${endpoint.signingHost}:${endpoint.signingPort}`;
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const date = timestamp.slice(0, 8);
  const scope = `${date}/${endpoint.region}/${SERVICE}/aws4_request`;

  // In the order that SigV4 requires.
  const leading: Parameter[] = [
    ["Action", "connect"],
    ["DBUser", endpoint.user],
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${credentials.accessKeyId}/${scope}`],
    ["X-Amz-Date", timestamp],
    ["X-Amz-Expires", String(lifetimeMs / 1000)],
  ];
  if (credentials.sessionToken) leading.push(["X-Amz-Security-Token", credentials.sessionToken]);
  const trailing: Parameter[] = [["X-Amz-SignedHeaders", "host"]];

  const canonicalRequest = `GET\n/\n${query([...leading, ...trailing])}\nhost:${host}\n\nhost\n${EMPTY_HASH}`;
  const stringToSign = `${ALGORITHM}\n${timestamp}\n${scope}\n${sha256(canonicalRequest)}`;
  const key = [date, endpoint.region, SERVICE, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, stringToSign).toString("hex");

  const value = `${host}/?${query([...leading, ["X-Amz-Signature", signature], ...trailing])}`;
  return new AuthToken(value, now, tokenExpiry(now, credentials, lifetimeMs));
}

/** When a token expires that is signed now. */
export function tokenExpiry(
  now: number,
  { expiration }: AwsCredentials,
  lifetimeMs: number = TOKEN_LIFETIME_MS,
): number {
  return Math.min(now + lifetimeMs, expiration?.getTime() ?? Number.POSITIVE_INFINITY);
}

function query(pairs: readonly Parameter[]): string {
  return pairs.map(([name, value]) => `${name}=${encodeRfc3986(value)}`).join("&");
}

/** SigV4 also escapes five characters that `encodeURIComponent` does not. */
function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return builtinModule("node:crypto").hash("sha256", text);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return builtinModule("node:crypto").createHmac("sha256", key).update(text).digest();
}
