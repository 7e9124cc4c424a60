import { finished, Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";

/** The stream in a handler's response, if it answers with one: as it is, or as the body of an HTTP response. */
export function streamOf(response: unknown): Readable | ReadableStream | undefined {
  if (response instanceof Readable || response instanceof ReadableStream) return response;
  if (typeof response !== "object" || response === null || !("body" in response)) return undefined;
  const { body } = response;
  return body instanceof Readable || body instanceof ReadableStream ? body : undefined;
}

/** Calls back once when the stream has ended, failed, or was given up by its reader. */
export function whenFinished(stream: Readable | ReadableStream, callback: () => Promise<void>): void {
  // `finished` takes web streams too, which its type does not say:
  // https://nodejs.org/api/stream.html#streamfinishedstream-options-callback
  Reflect.apply(finished, undefined, [stream, () => void callback()]);
}
