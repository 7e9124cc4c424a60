import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { writeBytes } from "./write-bytes.js";

test("waits while the stream is full", async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const written = vi.fn();
  const writing = writeBytes(stream, Buffer.alloc(1000)).then(written);
  await turn();
  expect(written).not.toHaveBeenCalled();
  stream.resume();
  await writing;
});

test("a stream that closes ends the wait, and leaves no listener", async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const writing = writeBytes(stream, Buffer.alloc(1000));
  stream.destroy();
  await writing;
  expect(stream.listenerCount("drain")).toBe(0);
});

test("does not write to a stream that has ended", async () => {
  const stream = new PassThrough();
  stream.end();
  await writeBytes(stream, Buffer.from("late"));
  expect(stream.read()).toBeNull();
});
