import { atMost, type Deadline, type ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { AwsCredentials } from "@rds-proxy/core/internal";
import { codeOf, messageOf } from "../error-text.js";

/** What STS says about credentials. `unknown`: its client is not installed, or STS did not answer. */
export type StsAnswer = (
  | { readonly answer: "known"; readonly account: string; readonly arn: string }
  | { readonly answer: "unknown"; readonly reason: string }
  | { readonly answer: "refused"; readonly reason: string }
) & {
  /** The time of the answer by the clock of AWS, in milliseconds since the epoch, to the second. */
  readonly date?: number;
};

/** STS does not answer in a VPC without an endpoint for it: this leaves time for the other steps. */
const LONGEST_WAIT_MS = 2000;

/** Asks STS for the credentials' account and identity, if its client is installed. Needs no IAM permission. */
export async function askSts(
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { endpoint, runtime }: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<StsAnswer> {
  const sts = await loadClient();
  if (!sts) return { answer: "unknown", reason: "@aws-sdk/client-sts is not installed" };
  const client = new sts.STSClient({
    region: endpoint.region,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  let date: number | undefined;
  const dated = (answer: StsAnswer): StsAnswer => (date === undefined ? answer : { ...answer, date });
  // Next to the network, so that it also sees the answers that the client turns into errors.
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = dateOf(result.response);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  const timeoutMs = Math.max(1, atMost(LONGEST_WAIT_MS, deadline, runtime.clock).remainingMs());
  try {
    const { Account, Arn } = await client.send(new sts.GetCallerIdentityCommand({}), {
      abortSignal: AbortSignal.timeout(timeoutMs),
    });
    if (Account === undefined || Arn === undefined) {
      return dated({ answer: "unknown", reason: "the answer of STS names no account" });
    }
    return dated({ answer: "known", account: Account, arn: Arn });
  } catch (error) {
    // The SDK sets a status if STS answered; other errors are about the connection to STS.
    const status: unknown = Reflect.get(Object(Reflect.get(Object(error), "$metadata")), "httpStatusCode");
    if (typeof status === "number" && status < 500) {
      return dated({ answer: "refused", reason: messageOf(error).replace(/\.$/, "") });
    }
    const reason =
      error instanceof Error && error.name === "AbortError" ? "no answer in time" : messageOf(error);
    return { answer: "unknown", reason: `STS cannot be reached from here (${reason})` };
  } finally {
    client.destroy();
  }
}

/** The header Date of an HTTP response. */
function dateOf(response: unknown): number | undefined {
  const headers: unknown = Reflect.get(Object(response), "headers");
  const date = Date.parse(String(Reflect.get(Object(headers), "date")));
  return Number.isNaN(date) ? undefined : date;
}

async function loadClient(): Promise<typeof import("@aws-sdk/client-sts") | undefined> {
  try {
    return await import("@aws-sdk/client-sts");
  } catch (error) {
    if (codeOf(error) === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
