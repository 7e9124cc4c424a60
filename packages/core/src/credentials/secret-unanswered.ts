import { RdsProxyError } from "../errors.js";

/** The error for a timeout of Secrets Manager. */
export function secretUnanswered(secretId: string, waitedMs: number): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_NO_CREDENTIALS",
    `The secret ${secretId} could not be read: no answer in ${(waitedMs / 1000).toFixed(1)} s. In a VPC without a ` +
      "way to the internet, Secrets Manager needs an interface endpoint whose security group lets the function in.",
    { isTransient: true },
  );
}
