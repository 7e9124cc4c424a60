import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageSplitter, type PacketPiece } from "./message-splitter.js";
import { encodePacket, longestFrame } from "./messages.js";

const packets = fc.array(fc.record({ sequence: fc.nat(255), payload: fc.uint8Array({ maxLength: 40 }) }), {
  maxLength: 12,
});

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

function split(chunks: readonly Buffer[], headLength: number): PacketPiece[] {
  const splitter = new MessageSplitter(headLength);
  return chunks.flatMap((chunk) => [...splitter.split(chunk)]);
}

test("the packets and their heads do not depend on how the bytes are split into chunks", () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat(1000)), fc.nat(21), (sent, places, headLength) => {
      const bytes = Buffer.concat(
        sent.map(({ sequence, payload }) => encodePacket(sequence, Buffer.from(payload))),
      );
      const pieces = split(cut(bytes, places), headLength);

      expect(Buffer.concat(pieces.map((piece) => piece.bytes))).toEqual(bytes);
      const firsts = pieces.filter((piece) => piece.isFirst);
      expect(firsts.map(({ sequence, firstFrameLength }) => [sequence, firstFrameLength])).toEqual(
        sent.map(({ sequence, payload }) => [sequence, payload.length]),
      );
      expect(firsts.map(({ head }) => [...head])).toEqual(
        sent.map(({ payload }) => [...payload.subarray(0, headLength)]),
      );
      expect(pieces.filter((piece) => piece.isLast).length).toBe(sent.length);
    }),
  );
});

test.each([0, 1, longestFrame])("a full frame continues in the next one, of %i bytes", (rest) => {
  const frames = [
    encodePacket(1, Buffer.alloc(longestFrame, "a")),
    encodePacket(2, Buffer.alloc(rest, "b")),
    ...(rest === longestFrame ? [encodePacket(3)] : []),
  ];
  const bytes = Buffer.concat([...frames, encodePacket(0, "x")]);
  // In the middle of the second frame's header, too.
  for (const place of [4, longestFrame + 3, longestFrame + 4, longestFrame + 5, longestFrame + 8]) {
    const pieces = split([bytes.subarray(0, place), bytes.subarray(place)], 21);
    expect(pieces.filter((piece) => piece.isFirst).map((piece) => piece.head.toString())).toEqual([
      "a".repeat(21),
      "x",
    ]);
    expect(pieces.filter((piece) => piece.isLast).length).toBe(2);
    expect(pieces.findIndex((piece) => piece.isLast)).toBe(pieces.length - 2);
    expect(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)).toBe(bytes.length);
  }
});
