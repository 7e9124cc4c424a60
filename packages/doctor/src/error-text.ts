/** The error's message. An `AggregateError` of Node has an empty one: then the message of its first error. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** Node's code of the error, such as `ECONNREFUSED`, or an empty string. */
export function codeOf(error: unknown): string {
  const code: unknown = Reflect.get(Object(error), "code");
  return typeof code === "string" ? code : "";
}
