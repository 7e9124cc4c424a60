import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ByteReader } from "./byte-reader.js";

const closed = (): Error => new Error("it has ended");

test("takes what it is asked for, in whatever pieces it comes, and leaves the rest", async () => {
  const stream = new PassThrough();
  const reader = new ByteReader(stream, closed);
  const taken = reader.take(4);
  stream.write("ab");
  stream.write("cde");
  expect((await taken).toString()).toBe("abcd");
  reader.release();
  expect(String(stream.read())).toBe("e");
});

test("notices an end that came together with the last bytes", async () => {
  const stream = new PassThrough();
  const ended = once(stream, "end");
  stream.end("abcd");
  const reader = new ByteReader(stream, closed);
  expect((await reader.take(4)).toString()).toBe("abcd");
  await ended;
  await expect(reader.take(1)).rejects.toThrow("it has ended");
});

test("fails if the stream ends too early", async () => {
  const stream = new PassThrough();
  const reader = new ByteReader(stream, closed);
  stream.end("abc");
  await expect(reader.take(4)).rejects.toThrow("it has ended");
});
