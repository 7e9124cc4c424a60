import type { FoundCredentials } from "../credentials/aws-credentials.js";
import type { SecretValue } from "../credentials/secret.js";

/** Facts about a signed token. The token and the secret key are not kept. */
export interface SignedToken {
  readonly signedAt: number;
  readonly expiresAt: number;
  readonly accessKeyId: string;
  readonly isTemporary: boolean;
  readonly expiration: Date | undefined;
  readonly source: FoundCredentials["source"];
}

/** What is known about a login but its token or password. */
export interface LoginRecord {
  /** Undefined while the server has not asked for a token. */
  readonly signed: SignedToken | undefined;
  /** The user and password of a secret, once it has been read. */
  readonly secretValue: SecretValue | undefined;
}

/** Which login an error ended: kept beside the error and not on it, so that nothing prints it by accident. */
const failedLogins = new WeakMap<object, LoginRecord>();

export function noteFailedLogin(error: unknown, login: LoginRecord): void {
  if (typeof error === "object" && error !== null) failedLogins.set(error, login);
}

/** The login that ended with `error`; undefined when it got nowhere near one. */
export function failedLogin(error: unknown): LoginRecord | undefined {
  return typeof error === "object" && error !== null ? failedLogins.get(error) : undefined;
}
