import { type AwsCredentials, atMost, type Deadline, type ResolvedRdsProxyOptions } from "@rds-proxy/core";
import { codeOf, messageOf } from "../finding.js";

/** What STS says about credentials. */
export type Caller =
  | { readonly answer: "known"; readonly account: string; readonly arn: string }
  | { readonly answer: "not asked"; readonly reason: string }
  | { readonly answer: "refused"; readonly reason: string };

/** In a VPC without an endpoint for it, STS does not answer: that is usual, and must not cost the time of the others. */
const LONGEST_WAIT_MS = 2000;

/** Asks STS whose the credentials are, where its client is installed and it answers soon. Needs no permission. */
export async function askCaller(
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { endpoint, runtime }: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Caller> {
  const sts = await loadClient();
  if (!sts) return { answer: "not asked", reason: "@aws-sdk/client-sts is not installed" };
  const client = new sts.STSClient({
    region: endpoint.region,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  const waitMs = Math.max(1, atMost(LONGEST_WAIT_MS, deadline, runtime.clock).remainingMs());
  try {
    const { Account, Arn } = await client.send(new sts.GetCallerIdentityCommand({}), {
      abortSignal: AbortSignal.timeout(waitMs),
    });
    if (Account === undefined || Arn === undefined) return { answer: "not asked", reason: "STS did not say" };
    return { answer: "known", account: Account, arn: Arn };
  } catch (error) {
    // An error of AWS's has a status; everything else is about the way to it.
    const status: unknown = Reflect.get(Object(Reflect.get(Object(error), "$metadata")), "httpStatusCode");
    if (typeof status === "number" && status < 500) {
      return { answer: "refused", reason: messageOf(error).replace(/\.$/, "") };
    }
    const reason =
      error instanceof Error && error.name === "AbortError" ? "no answer in time" : messageOf(error);
    return { answer: "not asked", reason: `STS cannot be reached from here (${reason})` };
  } finally {
    client.destroy();
  }
}

async function loadClient(): Promise<typeof import("@aws-sdk/client-sts") | undefined> {
  try {
    return await import("@aws-sdk/client-sts");
  } catch (error) {
    if (codeOf(error) === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
