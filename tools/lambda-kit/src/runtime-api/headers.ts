import { randomUUID } from "node:crypto";

/** An invocation as a runtime client gets it. */
export interface ServedInvocation {
  readonly requestId: string;
  readonly event: unknown;
  /** By the wall clock, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The tenant, for functions with tenant isolation. */
  readonly tenantId?: string | undefined;
}

/** The headers of `GET /runtime/invocation/next`: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export function invocationHeaders({
  requestId,
  deadline,
  tenantId,
}: ServedInvocation): Record<string, string> {
  const trace = randomUUID().replaceAll("-", "");
  return {
    "content-type": "application/json",
    "lambda-runtime-aws-request-id": requestId,
    "lambda-runtime-deadline-ms": String(Math.trunc(deadline)),
    "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:123456789012:function:orders",
    "lambda-runtime-trace-id": `Root=1-${trace.slice(0, 8)}-${trace.slice(8)};Sampled=0`,
    ...(tenantId === undefined ? {} : { "lambda-runtime-aws-tenant-id": tenantId }),
  };
}
