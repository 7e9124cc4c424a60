import { errorChain } from "../failures/error-chain.js";
import { NETWORK_CODES } from "../failures/node.js";
import type { AwsCredentials } from "./aws-credentials.js";

/** Timeouts of one request to AWS, in milliseconds. The SDK retries it; callers have a deadline of their own. */
export const AWS_REQUEST_LIMITS = {
  connectionTimeout: 2000,
  requestTimeout: 5000,
  // By default the SDK prints a warning and goes on waiting.
  throwOnRequestTimeout: true,
} as const;

/** A failed call to AWS. */
export interface AwsFailure {
  /** AWS's name of the error, such as `AccessDenied`. */
  readonly name: string;
  readonly message: string;
  /** Whether the same call may succeed later: AWS throttled it, failed itself, or could not be reached. */
  readonly isTransient: boolean;
  /** What to check if the retries of a transient failure ran out of time. */
  readonly transientRemedy: string;
}

/** Describes an error of the AWS SDK's client of this service. */
export function awsFailure(error: unknown, service: "STS" | "Secrets Manager"): AwsFailure {
  const name = String(Reflect.get(Object(error), "name") ?? "an error");
  const message = String(Reflect.get(Object(error), "message") ?? "no message").replace(/\.$/, "");
  const status: unknown = Reflect.get(Object(Reflect.get(Object(error), "$metadata")), "httpStatusCode");
  const isThrottled = status === 429 || /throttl|toomanyrequests|limitexceeded/i.test(name);
  return {
    name,
    message,
    transientRemedy: isThrottled
      ? `The account calls ${service} more often than it may: look for what calls it, and spread cold starts.`
      : `Check that ${service} can be reached: in a VPC without a way to the internet it needs an interface endpoint.`,
    isTransient:
      isThrottled ||
      Reflect.get(Object(error), "$fault") === "server" ||
      (typeof status === "number" && status >= 500) ||
      name === "TimeoutError" ||
      errorChain(error).some(({ codes }) => codes.some((code) => NETWORK_CODES.includes(code))),
  };
}

/** Credentials for a client of the AWS SDK, whose types do not accept undefined properties. */
export function awsIdentity({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsCredentials): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
} {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  };
}
