import { BrokenFraming, type MessagePiece } from "../conversation.js";

/** Part of a PostgreSQL message. */
export interface TypedPiece extends MessagePiece {
  /** The message's type, a letter. */
  readonly type: string;
}

/** Length of a message's header, type and length, in bytes. */
export const headerLength: number = 5;

/** Splits a byte stream into messages. Buffers at most four bytes, for any length of message. */
export class MessageSplitter {
  #header: Buffer = Buffer.alloc(0);
  #type = "";
  #missing = 0;

  /** The pieces of `chunk` in order. Throws {@link BrokenFraming} for an invalid length. */
  *split(chunk: Buffer): Generator<TypedPiece> {
    let rest = this.#header.length > 0 ? Buffer.concat([this.#header, chunk]) : chunk;
    this.#header = Buffer.alloc(0);
    while (rest.length > 0) {
      const isFirst = this.#missing === 0;
      if (isFirst) {
        if (rest.length < headerLength) {
          this.#header = rest;
          return;
        }
        this.#type = String.fromCharCode(rest.readUInt8(0));
        this.#missing = readMessageLength(rest) + 1;
      }
      const bytes = rest.subarray(0, this.#missing);
      rest = rest.subarray(bytes.length);
      this.#missing -= bytes.length;
      yield { type: this.#type, bytes, isFirst, isLast: this.#missing === 0 };
    }
  }
}

function readMessageLength(header: Buffer): number {
  const length = header.readUInt32BE(1);
  // The length counts itself.
  if (length < 4) throw new BrokenFraming(`message length ${length}`);
  return length;
}
