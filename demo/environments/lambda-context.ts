import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";

/** The context of an invocation that begins now, by whatever clock this process has. */
export function lambdaContext(timeoutMs: number): Context {
  const end = Date.now() + timeoutMs;
  const functionName = process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "";
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: process.env["AWS_LAMBDA_FUNCTION_VERSION"] ?? "",
    invokedFunctionArn: `arn:aws:lambda:${process.env["AWS_REGION"]}:123456789012:function:${functionName}`,
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] ?? "",
    awsRequestId: randomUUID(),
    logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"] ?? "",
    logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"] ?? "",
    getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
