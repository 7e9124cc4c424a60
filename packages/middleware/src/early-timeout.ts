/**
 * Whether an invocation failed since Middy ended it early, while its handler goes on. Anything else that ran out of time has
 * the same name, such as what `AbortSignal.timeout()` makes of a `fetch` in the handler; Middy's own says in its cause whose
 * it is. Source: `timeoutEarlyResponse` in https://github.com/middyjs/middy/blob/main/packages/core/index.js, the same in
 * versions 6 and 7.
 */
export function isEarlyTimeout(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "TimeoutError") return false;
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "package" in cause && cause.package === "@middy/core";
}
