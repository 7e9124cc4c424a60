import { randomBytes } from "node:crypto";

/** An access key that the proxy accepts. */
export interface AwsCredentials {
  /** `AKIA…` for a user's key, `ASIA…` for a temporary one. */
  readonly accessKeyId: string;
  /** The key that signs tokens. */
  readonly secretAccessKey: string;
  /**
   * The session token of a temporary key. Tokens signed with that key must contain it.
   *
   * @default none
   */
  readonly sessionToken?: string | undefined;
}

// Lambda's session tokens have several hundred bytes; a realistic length exposes clients that truncate them.
const sessionTokenBytes = 600;

/** Generates temporary credentials like those in a Lambda function's environment. */
export function generateCredentials(): Required<AwsCredentials> & { readonly sessionToken: string } {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(sessionTokenBytes).toString("base64"),
  };
}

/** Validates and copies access keys. The error does not contain them. */
export function checkCredentials(credentials: readonly AwsCredentials[]): readonly AwsCredentials[] {
  const isComplete = (one: AwsCredentials): boolean => Boolean(one?.accessKeyId && one.secretAccessKey);
  if (!Array.isArray(credentials) || credentials.length === 0 || !credentials.every(isComplete)) {
    throw new TypeError(
      "option credentials: expected a list of at least one { accessKeyId, secretAccessKey, sessionToken? }",
    );
  }
  return credentials.map(({ accessKeyId, secretAccessKey, sessionToken }) => ({
    accessKeyId,
    secretAccessKey,
    sessionToken,
  }));
}
