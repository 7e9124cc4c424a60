import fc from "fast-check";
import { expect, test } from "vitest";
import { BrokenFraming } from "../conversation.js";
import { PostgresConversation } from "./conversation.js";

const noise = fc.uint8Array({ maxLength: 200 });
const type = fc.constantFrom(..."QPBDECHSFdcfXz");
const message = fc.tuple(type, noise, fc.option(fc.nat(0xffff_ffff), { nil: undefined })).map(encode);

function encode([letter, body, claimedLength]: [string, Uint8Array, number | undefined]): Buffer {
  const header = Buffer.alloc(5, letter);
  header.writeUInt32BE(claimedLength ?? body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** What a conversation reads from these chunks. */
function understand(chunks: readonly Buffer[]): unknown[] {
  const conversation = new PostgresConversation();
  const understood: unknown[] = [];
  try {
    for (const piece of chunks.flatMap((chunk) => [...conversation.splitRequests(chunk)])) {
      conversation.onRequest(piece);
      const read = conversation.read(piece);
      if (read !== undefined) understood.push(read);
    }
  } catch (error) {
    if (!(error instanceof BrokenFraming)) throw error;
    understood.push(error.message, conversation.fatalError("client-broke-protocol").toString());
  }
  return understood;
}

test("garbage is read alike, whether it arrives at once or byte by byte", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(message, noise.map(Buffer.from)), { maxLength: 8 }), (parts) => {
      const bytes = Buffer.concat(parts);
      const atOnce = understand([bytes]);
      const byByte = understand([...bytes].map((byte) => Buffer.from([byte])));
      // Messages ahead of a framing error in the same chunk are not read.
      const isBroken = atOnce.some((entry) => typeof entry === "string");
      expect(isBroken ? byByte.slice(-2) : byByte).toEqual(atOnce);
    }),
    { numRuns: 500 },
  );
});
