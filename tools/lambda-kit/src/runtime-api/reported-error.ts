import { descriptionIn } from "../runtime/described-stack.js";
import type { DescribedError } from "../runtime/messages.js";

/** The trailers in which a streamed response reports an error after its headers, in lower case as Node has them. */
const ERROR_TYPE = "lambda-runtime-function-error-type";
const ERROR_BODY = "lambda-runtime-function-error-body";

/** Reads the error that a runtime client posts: its type, message and stack, and no property of it. */
export function reportedError(body: string): DescribedError {
  const { errorType, errorMessage, trace }: { errorType?: unknown; errorMessage?: unknown; trace?: unknown } =
    Object(JSON.parse(body));
  const reported = { name: String(errorType), message: String(errorMessage) };
  return descriptionIn(Array.isArray(trace) ? trace.map(String) : []) ?? reported;
}

/** The error in the trailers of a streamed response; undefined if there is none. */
export function trailedError(trailers: NodeJS.Dict<string>): DescribedError | undefined {
  const body = trailers[ERROR_BODY];
  if (trailers[ERROR_TYPE] === undefined || body === undefined) return undefined;
  return reportedError(Buffer.from(body, "base64").toString());
}
