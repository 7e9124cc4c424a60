import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { ByteReader, ConnectionGone } from "./byte-reader.js";

test("reads exactly the requested length, however the bytes arrive", async () => {
  const stream = new PassThrough();
  const reader = new ByteReader(stream);
  const first = reader.read(5);
  for (const part of ["a", "bcd", "efgh"]) {
    stream.write(part);
    await turn();
  }
  expect((await first).toString()).toBe("abcde");
  expect((await reader.readChunk())?.toString()).toBe("fgh");
});

test("the end is seen without a pending read, and earlier bytes can still be read", async () => {
  const stream = new PassThrough();
  const reader = new ByteReader(stream);
  stream.end("last bytes");
  await new Promise((resolve) => reader.ended.addEventListener("abort", resolve));
  expect((await reader.readChunk())?.toString()).toBe("last bytes");
  expect(await reader.readChunk()).toBeUndefined();
  await expect(reader.read(1)).rejects.toThrow(ConnectionGone);
});

test("an end in the middle of a message rejects the pending read", async () => {
  const stream = new PassThrough();
  const reader = new ByteReader(stream);
  const message = reader.read(10);
  stream.end("half");
  await expect(message).rejects.toThrow("The connection ended in the middle of a message");
});

test("an unread stream is paused, and resumes with the next read", async () => {
  const stream = new PassThrough();
  const reader = new ByteReader(stream);
  for (let part = 0; part < 100; part += 1) stream.write(Buffer.alloc(16 * 1024));
  await turn();
  expect(stream.isPaused()).toBe(true);
  expect(reader.byteCount).toBeLessThan(256 * 1024);
  let byteCount = 0;
  stream.end();
  for (let chunk = await reader.readChunk(); chunk; chunk = await reader.readChunk())
    byteCount += chunk.length;
  expect(byteCount).toBe(100 * 16 * 1024);
});
