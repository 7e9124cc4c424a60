import type { Duplex } from "node:stream";
import type { FoundCredentials } from "../credentials/aws-credentials.js";
import type { SecretValue } from "../credentials/secret.js";
import type { TokenFacts } from "../credentials/signer.js";

/** What is known of a signed token but the token itself. */
export interface SignedToken {
  readonly signedAt: number;
  readonly expiresAt: number;
  readonly accessKeyId: string;
  readonly isTemporary: boolean;
  readonly expiration: Date | undefined;
  readonly source: FoundCredentials["source"];
}

/** What is known of a login but its token. */
export interface LoginRecord {
  /** Undefined until the server has asked for a token. */
  readonly signed: SignedToken | TokenFacts | undefined;
  /** The user and password of a secret, once it has been read. */
  readonly secretValue: SecretValue | undefined;
  /** The socket that the login used last. */
  readonly stream: Duplex | undefined;
}

/**
 * The login of each error. Not a property of the error, where a logger would print it. `Object()` returns an object itself, and a
 * new one for anything else, which is not found again.
 */
const failedLogins = new WeakMap<object, LoginRecord>();

export function noteFailedLogin(error: unknown, login: LoginRecord): void {
  failedLogins.set(Object(error), login);
}

/** The login that failed with `error`; undefined if no login had begun. */
export function failedLogin(error: unknown): LoginRecord | undefined {
  return failedLogins.get(Object(error));
}
