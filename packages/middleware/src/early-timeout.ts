/**
 * Whether Middy's early timeout ended the invocation, so that the handler still runs. Other errors have the same name, such as
 * that of `AbortSignal.timeout()` in the handler; Middy's has its package in the cause. Source: `timeoutEarlyResponse` in https://github.com/middyjs/middy/blob/main/packages/core/index.js, the same in
 * versions 6 and 7.
 */
export function isEarlyTimeout(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "TimeoutError") return false;
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "package" in cause && cause.package === "@middy/core";
}
