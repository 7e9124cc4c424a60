import { builtinModule } from "@rds-proxy/core";

/** The stream in a handler's response, if it answers with one: as it is, or as the body of an HTTP response. */
export function streamOf(response: unknown): object | undefined {
  if (typeof response !== "object" || response === null) return undefined;
  if (isStream(response)) return response;
  const body: unknown = Reflect.get(response, "body");
  return typeof body === "object" && body !== null && isStream(body) ? body : undefined;
}

function isStream(value: object): boolean {
  // Node loads web streams when somebody mentions them, so this asks only objects that look like one.
  return (
    value instanceof builtinModule("node:stream").Readable ||
    ("getReader" in value && value instanceof ReadableStream)
  );
}

/** Calls back once when the stream has ended, failed, or was given up by its reader. */
export function whenFinished(stream: object, callback: () => Promise<void>): void {
  // `finished` takes web streams too, which its type does not say:
  // https://nodejs.org/api/stream.html#streamfinishedstream-options-callback
  Reflect.apply(builtinModule("node:stream").finished, undefined, [stream, () => void callback()]);
}
