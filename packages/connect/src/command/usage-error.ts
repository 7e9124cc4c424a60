/** A wrong command line. The message names the part and the expected value. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The same for an error of `parseArgs`: the first sentence of Node's message names the flag, the rest is for programmers. */
export function usageErrorOf(error: unknown): UsageError {
  const message = error instanceof Error ? error.message : String(error);
  const [reason = ""] = message.split(/\. |\n/);
  return new UsageError(`${reason.replace(/\.$/, "")}.`);
}
