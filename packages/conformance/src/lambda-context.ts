import type { Context } from "aws-lambda";

/**
 * Creates the context of an invocation. Middy's types require the caller to pass the properties that middlewares add, so the
 * type of the result includes them.
 *
 * @param remainingMs remaining time at the start of the invocation
 */
export function lambdaContext<Added extends object>(remainingMs = 10_000): Context & Added {
  const deadline = Date.now() + remainingMs;
  const context: Context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: "test",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:test",
    memoryLimitInMB: "256",
    awsRequestId: crypto.randomUUID(),
    logGroupName: "/aws/lambda/test",
    logStreamName: "test",
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
  return context as Context & Added;
}
