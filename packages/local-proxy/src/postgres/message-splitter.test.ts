import fc from "fast-check";
import { expect, test } from "vitest";
import { BrokenFraming } from "../conversation.js";
import { MessageSplitter } from "./message-splitter.js";
import { encodeMessage } from "./messages.js";

const messages = fc.array(
  fc.record({ type: fc.constantFrom("Q", "D", "Z", "d", "X"), body: fc.uint8Array({ maxLength: 40 }) }),
  { maxLength: 12 },
);

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

test("however the bytes are cut, the same messages come out", () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(1000)), (sent, places) => {
      const bytes = Buffer.concat(sent.map(({ type, body }) => encodeMessage(type, Buffer.from(body))));
      const splitter = new MessageSplitter();
      const pieces = cut(bytes, places).flatMap((chunk) => [...splitter.split(chunk)]);

      expect(Buffer.concat(pieces.map((piece) => piece.bytes))).toEqual(bytes);
      const types = sent.map(({ type }) => type);
      expect(pieces.filter((piece) => piece.isFirst).map((piece) => piece.type)).toEqual(types);
      expect(pieces.filter((piece) => piece.isLast).map((piece) => piece.type)).toEqual(types);
    }),
  );
});

test("a message that arrives byte by byte still begins with its whole header", () => {
  const splitter = new MessageSplitter();
  const bytes = encodeMessage("Q", "select 1\0");
  const pieces = [...bytes].flatMap((byte) => [...splitter.split(Buffer.from([byte]))]);
  expect(pieces[0]).toMatchObject({ type: "Q", isFirst: true, isLast: false });
  expect(pieces[0]?.bytes.length).toBe(5);
  expect(pieces.at(-1)).toMatchObject({ isFirst: false, isLast: true });
});

test("a length that does not count itself is refused", () => {
  expect(() => [...new MessageSplitter().split(Buffer.from([0x51, 0, 0, 0, 3]))]).toThrow(BrokenFraming);
});
