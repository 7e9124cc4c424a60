import type { Context } from "aws-lambda";

/**
 * A context as Lambda gives it to an invocation that has `remainingMs` left. Middy's types want the caller to pass
 * what the middlewares add, so the result claims to have it.
 */
export function lambdaContext<Added extends object>(remainingMs = 10_000): Context & Added {
  const end = Date.now() + remainingMs;
  const context: Context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: "test",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:test",
    memoryLimitInMB: "256",
    awsRequestId: crypto.randomUUID(),
    logGroupName: "/aws/lambda/test",
    logStreamName: "test",
    getRemainingTimeInMillis: () => end - Date.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
  return context as Context & Added;
}
