import { builtinModule } from "@rds-proxy/core/internal";

/** The stream in a handler's response: the response itself, or the body of an HTTP response. */
export function streamOf(response: unknown): object | undefined {
  if (typeof response !== "object" || response === null) return undefined;
  if (isStream(response)) return response;
  const body: unknown = Reflect.get(response, "body");
  return typeof body === "object" && body !== null && isStream(body) ? body : undefined;
}

function isStream(value: object): boolean {
  // Node loads these classes on first use, so they are not mentioned for objects that do not look like streams.
  if ("pipe" in value) return value instanceof builtinModule("node:stream").Readable;
  return "getReader" in value && value instanceof ReadableStream;
}

/** Calls back once when the stream has ended, failed or been cancelled. */
export function whenFinished(stream: object, callback: () => Promise<void>): void {
  // `finished` also accepts web streams, which its type lacks:
  // https://nodejs.org/api/stream.html#streamfinishedstream-options-callback
  Reflect.apply(builtinModule("node:stream").finished, undefined, [stream, () => void callback()]);
}
