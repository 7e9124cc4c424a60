import { expect, test } from "vitest";
import { ByteRun } from "./byte-run.js";

test("adjacent parts are joined without a copy", () => {
  const bytes = Buffer.from("abcdef");
  const run = new ByteRun();
  run.add(bytes.subarray(0, 2));
  run.add(bytes.subarray(2, 3));
  run.add(bytes.subarray(3));
  const taken = run.take();
  expect(taken.toString()).toBe("abcdef");
  expect([taken.buffer, taken.byteOffset]).toEqual([bytes.buffer, bytes.byteOffset]);
});

test("parts with a gap between them keep their order", () => {
  const bytes = Buffer.from("abcdef");
  const run = new ByteRun();
  run.add(bytes.subarray(0, 2));
  run.add(bytes.subarray(4));
  run.add(Buffer.from("gh"));
  expect(run.take().toString()).toBe("abefgh");
  expect(run.take().length).toBe(0);
});
