import { PassThrough, Readable, Writable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { streamOf, whenFinished } from "./response-stream.js";

const readable = (): Readable => Readable.from(["a", "b"]);
const webStream = (): ReadableStream =>
  new ReadableStream({
    start(controller) {
      controller.enqueue("a");
      controller.close();
    },
  });

describe("the stream of a response", () => {
  it.each<[string, () => object]>([
    ["a readable stream", readable],
    ["a duplex stream", () => new PassThrough()],
    ["a web stream", webStream],
  ])("is the response itself or its body: %s", (_, create) => {
    const stream = create();
    expect(streamOf(stream)).toBe(stream);
    expect(streamOf({ statusCode: 200, body: stream })).toBe(stream);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "pipe"],
    ["rows", [{ id: 1 }]],
    ["an HTTP response with a text", { statusCode: 200, body: "pipe" }],
    ["an HTTP response without a body", { statusCode: 204, body: null }],
    ["an HTTP response with an object", { statusCode: 200, body: { pipe: "copper" } }],
    ["an object with a pipe that is no stream", { pipe: "copper" }],
    ["an object with a reader that is no stream", { getReader: () => undefined }],
    ["a function with a body", Object.assign(() => undefined, { body: readable() })],
    ["a stream that can only be written", new Writable()],
  ])("is nothing for %s", (_, response) => {
    expect(streamOf(response)).toBeUndefined();
  });
});

describe("the end of a stream", () => {
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  it.each<[string, (stream: Readable) => unknown]>([
    [
      "has been read",
      async (stream) => {
        for await (const _ of stream);
      },
    ],
    ["has failed", (stream) => stream.destroy(new Error("broken"))],
    ["was cancelled", (stream) => stream.destroy()],
  ])("is reported once, when it %s", async (_, end) => {
    const stream = readable();
    stream.on("error", () => undefined);
    const callback = vi.fn(async () => undefined);
    whenFinished(stream, callback);
    await turns();
    expect(callback).not.toHaveBeenCalled();
    end(stream);
    await turns();
    expect(callback).toHaveBeenCalledOnce();
  });

  it("of a web stream is reported, too", async () => {
    const web = webStream();
    const callback = vi.fn(async () => undefined);
    whenFinished(web, callback);
    for await (const _ of web);
    await turns();
    expect(callback).toHaveBeenCalledOnce();
  });
});
