import type { AwsCredentials } from "./credentials.js";
import { errorChain } from "./error-chain.js";

/** One request to AWS, in milliseconds. The SDK repeats it, and whoever waits has a limit of its own. */
export const AWS_REQUEST_LIMITS: { readonly connectionTimeout: number; readonly requestTimeout: number } = {
  connectionTimeout: 2000,
  requestTimeout: 5000,
};

/** What a call to AWS failed with. */
export interface AwsFailure {
  /** AWS's name for it, such as `AccessDenied`. */
  readonly name: string;
  readonly message: string;
  /** Whether the same call may work a little later: AWS throttled it, was at fault itself, or could not be reached. */
  readonly isPassing: boolean;
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

/** Reads the error of a client of the AWS SDK. */
export function awsFailure(error: unknown): AwsFailure {
  const name = String(Reflect.get(Object(error), "name") ?? "an error");
  const message = String(Reflect.get(Object(error), "message") ?? "no message").replace(/\.$/, "");
  const status: unknown = Reflect.get(Object(Reflect.get(Object(error), "$metadata")), "httpStatusCode");
  return {
    name,
    message,
    isPassing:
      Reflect.get(Object(error), "$fault") === "server" ||
      status === 429 ||
      (typeof status === "number" && status >= 500) ||
      /throttl|toomanyrequests|limitexceeded|^(?:Timeout|Abort)Error$/i.test(name) ||
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
