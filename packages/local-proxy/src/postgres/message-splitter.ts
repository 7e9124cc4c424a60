import { BrokenFraming, type MessagePiece } from "../conversation.js";

/** A stretch of one of PostgreSQL's messages, which begin with type and length. */
export interface TypedPiece extends MessagePiece {
  /** The message's type: a letter. */
  readonly type: string;
}

/** Bytes of type and length ahead of every message's body. */
export const headerLength: number = 5;

/** Cuts a byte stream at its messages' borders. Keeps at most four bytes back, however long a message is. */
export class MessageSplitter {
  #header: Buffer = Buffer.alloc(0);
  #type = "";
  #missing = 0;

  /** The pieces of `chunk` in order. Throws {@link BrokenFraming} at a length that cannot be. */
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
