import { errorChain } from "../failures/error-chain.js";
import type { AwsCredentials } from "./aws-credentials.js";

/** One request to AWS, in milliseconds. The SDK repeats it, and whoever waits has a limit of its own. */
export const AWS_REQUEST_LIMITS = {
  connectionTimeout: 2000,
  requestTimeout: 5000,
  // Otherwise the SDK prints a warning, and waits on.
  throwOnRequestTimeout: true,
} as const;

/** What a call to AWS failed with. */
export interface AwsFailure {
  /** AWS's name for it, such as `AccessDenied`. */
  readonly name: string;
  readonly message: string;
  /** Whether the same call may work a little later: AWS throttled it, was at fault itself, or could not be reached. */
  readonly isPassing: boolean;
  /** What to look at where it did not pass in the time there was. */
  readonly patienceRemedy: string;
}

const NETWORK_CODES = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
];

/** Reads the error of a client of the AWS SDK, which called this service. */
export function awsFailure(error: unknown, service: "STS" | "Secrets Manager"): AwsFailure {
  const name = String(Reflect.get(Object(error), "name") ?? "an error");
  const message = String(Reflect.get(Object(error), "message") ?? "no message").replace(/\.$/, "");
  const status: unknown = Reflect.get(Object(Reflect.get(Object(error), "$metadata")), "httpStatusCode");
  const isThrottled = status === 429 || /throttl|toomanyrequests|limitexceeded/i.test(name);
  return {
    name,
    message,
    patienceRemedy: isThrottled
      ? `The account calls ${service} more often than it may: look for what calls it, and spread cold starts.`
      : `Check that ${service} can be reached: in a VPC without a way to the internet it needs an interface endpoint.`,
    isPassing:
      isThrottled ||
      Reflect.get(Object(error), "$fault") === "server" ||
      (typeof status === "number" && status >= 500) ||
      name === "TimeoutError" ||
      errorChain(error).some(({ codes }) => codes.some((code) => NETWORK_CODES.includes(code))),
  };
}

/** Credentials for a client of the AWS SDK, in whose types what is not known is not there. */
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
