import fc from "fast-check";
import iconv from "iconv-lite";
import { expect, it } from "vitest";
import { decodeCesu8, encodeCesu8 } from "./cesu8.js";

/** iconv-lite puts a 0 before the mark of a sequence that the end cuts off. */
const endedByAscii = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from([...bytes, 0x41]));

it("encodes and decodes any text as iconv-lite does, half surrogate pairs included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const bytes = encodeCesu8(text);
      expect(bytes).toEqual(iconv.encode(text, "cesu8"));
      expect(decodeCesu8(bytes)).toBe(text);
    }),
  );
  expect(decodeCesu8(encodeCesu8("\ud83d"))).toBe("\ud83d");
});

it("decodes any bytes as iconv-lite does", () => {
  fc.assert(
    fc.property(endedByAscii, (bytes) => {
      expect(decodeCesu8(bytes)).toBe(iconv.decode(bytes, "cesu8", { stripBOM: false }));
    }),
    { numRuns: 2000 },
  );
});

it("marks a sequence that the end cuts off", () => {
  expect(decodeCesu8(Buffer.from([0x41, 0xe2, 0x82]))).toBe("A\uFFFD");
});
