import type { DescribedError } from "./messages.js";

const MARK = "    at described ";

/**
 * Adds a description to an error's stack. A runtime client reports the name, the message and the stack of an error, and nothing
 * else of it, such as its code.
 */
export function describeInStack(error: unknown, describe: (error: unknown) => DescribedError): void {
  if (error instanceof Error) error.stack += `\n${MARK}${JSON.stringify(describe(error))}`;
}

/** The description in the lines of a stack. */
export function descriptionIn(stack: readonly string[]): DescribedError | undefined {
  const line = stack.findLast((text) => text.startsWith(MARK));
  return line === undefined ? undefined : JSON.parse(line.slice(MARK.length));
}
