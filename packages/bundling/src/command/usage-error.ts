/** A wrong command line. The message names the part and the expected value. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
