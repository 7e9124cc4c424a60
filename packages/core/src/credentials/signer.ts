import { invalidOption } from "../errors.js";
import { describeType, refusedOption } from "../validation.js";

/** Makes the tokens that log in, such as a configured `Signer` of `@aws-sdk/rds-signer`. */
export interface TokenSigner {
  /** A new token, which is the password of one login. Called for each login, and again after the server refused a token. */
  getAuthToken(): Promise<string>;
}

/** A token, and what is known of it. */
export interface SignerToken {
  readonly token: string;
  readonly known: TokenFacts;
}

/** What a token of the option `signer` says of itself. A value is undefined where it does not. */
export interface TokenFacts {
  readonly source: "signer";
  /** `host:port` that the token is signed for. */
  readonly signedFor: string | undefined;
  readonly region: string | undefined;
  readonly user: string | undefined;
  readonly accessKeyId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly signedAt: number | undefined;
  /** Milliseconds since the epoch. The credentials that signed the token may expire earlier. */
  readonly expiresAt: number | undefined;
}

/** Options about credentials, which the signer has of its own. */
const OTHERS = ["credentials", "roleArn", "externalId", "secret"] as const;

/**
 * The signer in the options; undefined if there is none.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function checkSigner({
  signer,
  ...options
}: { readonly signer?: TokenSigner | undefined } & {
  readonly [Name in (typeof OTHERS)[number]]?: unknown;
}): TokenSigner | undefined {
  if (signer === undefined) return undefined;
  if (typeof signer?.getAuthToken !== "function") {
    throw invalidOption(
      "signer",
      "an object with getAuthToken()",
      describeType(signer),
      "Pass a Signer of @aws-sdk/rds-signer, or one like it.",
    );
  }
  const other = OTHERS.find((name) => options[name] !== undefined);
  if (other) {
    throw refusedOption(other, {
      reason: "The option `signer` has credentials of its own.",
      remedy: "Leave one of the two out.",
    });
  }
  return signer;
}
