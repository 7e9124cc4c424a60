import type { MessagePiece } from "../conversation.js";
import { longestFrame, marker } from "./messages.js";

/** Part of a packet, which may have several frames. */
export interface PacketPiece extends MessagePiece {
  /** Sequence number of the piece's frame. */
  readonly sequence: number;
  /** The first `headLength` bytes of the payload, in the first piece; empty in the others. */
  readonly head: Buffer;
  /** Length of the first frame's payload. */
  readonly firstFrameLength: number;
}

const headerLength = 4;
// MYSQL_ERRMSG_SIZE and the fields before the text. A row can begin with the byte of an error, but is longer.
const longestError = 512 + 9;

/** Splits a byte stream into packets. Buffers only what it needs to see a header and `headLength` bytes. */
export class MessageSplitter {
  readonly #headLength: number;
  readonly #keepsErrorsWhole: boolean;
  readonly #onHeader: ((sequence: number) => void) | undefined;
  #kept: Buffer = Buffer.alloc(0);
  #isInsidePacket = false;
  #missing = 0;
  #frameLength = 0;
  #firstFrameLength = 0;
  #sequence = 0;

  /**
   * `keepsErrorsWhole`: whether each error packet comes in one piece. `onHeader` receives the sequence number of a packet
   * once its header is here; may throw.
   */
  constructor(headLength: number, keepsErrorsWhole = false, onHeader?: (sequence: number) => void) {
    this.#headLength = headLength;
    this.#keepsErrorsWhole = keepsErrorsWhole;
    this.#onHeader = onHeader;
  }

  /** The pieces of `chunk` in order. */
  *split(chunk: Buffer): Generator<PacketPiece> {
    let rest = this.#kept.length > 0 ? Buffer.concat([this.#kept, chunk]) : chunk;
    this.#kept = Buffer.alloc(0);
    while (rest.length > 0) {
      const isFirst = !this.#isInsidePacket;
      const startsFrame = this.#missing === 0;
      if (startsFrame && !this.#startFrame(rest, isFirst)) {
        this.#kept = rest;
        return;
      }
      const bytes = rest.subarray(0, this.#missing);
      rest = rest.subarray(bytes.length);
      this.#missing -= bytes.length;
      const isLast = this.#missing === 0 && this.#frameLength < longestFrame;
      this.#isInsidePacket = !isLast;
      yield {
        bytes,
        isFirst,
        isLast,
        sequence: this.#sequence,
        head: isFirst ? bytes.subarray(headerLength, headerLength + this.#headLength) : Buffer.alloc(0),
        firstFrameLength: this.#firstFrameLength,
      };
    }
  }

  #neededLength(bytes: Buffer): number {
    const isError = this.#keepsErrorsWhole && bytes[headerLength] === marker.error;
    return isError ? longestError : this.#headLength;
  }

  /** Starts a frame, if enough of it has arrived; returns whether it did. */
  #startFrame(bytes: Buffer, isFirst: boolean): boolean {
    if (bytes.length < headerLength) return false;
    if (isFirst) this.#onHeader?.(bytes.readUInt8(3));
    const frameLength = bytes.readUIntLE(0, 3);
    if (isFirst && bytes.length < headerLength + Math.min(frameLength, this.#neededLength(bytes)))
      return false;
    this.#frameLength = frameLength;
    this.#missing = headerLength + frameLength;
    this.#sequence = bytes.readUInt8(3);
    if (isFirst) this.#firstFrameLength = frameLength;
    return true;
  }
}
