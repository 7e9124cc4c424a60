import type { AwsCredentials } from "@rds-proxy/core/internal";

/** The credentials that sign the token, and what STS says about them; nothing if the option `signer` signs it. */
export interface Identity {
  /** Undefined if the option `signer` makes the token. */
  readonly credentials: AwsCredentials | undefined;
  /** Undefined if STS did not answer. */
  readonly account: string | undefined;
  /** Undefined if STS did not answer. */
  readonly arn: string | undefined;
  /** Why STS rejected the credentials; undefined if it did not. */
  readonly refusal: string | undefined;
  /** By how much this machine's clock is ahead of the clock of AWS, in milliseconds. Undefined if STS did not answer. */
  readonly clockAheadMs: number | undefined;
}
