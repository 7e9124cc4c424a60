import type { Context } from "aws-lambda";
import type { ConformanceHarness } from "./harness.js";
import { lambdaContext } from "./lambda-context.js";

/**
 * Runs a handler once, as the harness does or with a context of the suite's.
 *
 * @param remainingMs remaining time at the start of the invocation
 */
export function invokeHandler<Db, Result, Added extends object>(
  harness: ConformanceHarness<Db>,
  handler: (event: object, context: Context & Added) => Promise<Result>,
  remainingMs?: number,
): Promise<Result> {
  if (harness.invokeHandler) return harness.invokeHandler(handler, remainingMs);
  return handler({}, lambdaContext(remainingMs));
}
