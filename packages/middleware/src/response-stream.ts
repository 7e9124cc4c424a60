import { builtinModule } from "@rds-proxy/core/internal";

/** The stream in a handler's response, if it answers with one: as it is, or as the body of an HTTP response. */
export function streamOf(response: unknown): object | undefined {
  if (typeof response !== "object" || response === null) return undefined;
  if (isStream(response)) return response;
  const body: unknown = Reflect.get(response, "body");
  return typeof body === "object" && body !== null && isStream(body) ? body : undefined;
}

function isStream(value: object): boolean {
  // Most responses are no streams, and Node loads the classes when somebody mentions them: objects that do not look like
  // one are not asked.
  if ("pipe" in value) return value instanceof builtinModule("node:stream").Readable;
  return "getReader" in value && value instanceof ReadableStream;
}

/** Calls back once when the stream has ended, failed, or was given up by its reader. */
export function whenFinished(stream: object, callback: () => Promise<void>): void {
  // `finished` takes web streams too, which its type does not say:
  // https://nodejs.org/api/stream.html#streamfinishedstream-options-callback
  Reflect.apply(builtinModule("node:stream").finished, undefined, [stream, () => void callback()]);
}
