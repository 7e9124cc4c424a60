/** The command was called in a way that it does not understand; the message says which part, and what would do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
