import { BrokenFraming, type MessagePiece } from "../conversation.js";

/** Part of a PostgreSQL message. */
export interface TypedPiece extends MessagePiece {
  /** The message's type, a letter. */
  readonly type: string;
}

/** Length of a message's header, type and length, in bytes. */
export const headerLength: number = 5;

/** What a {@link MessageSplitter} does apart from splitting. */
export interface SplitterOptions {
  /**
   * Messages of up to this length come in one piece.
   *
   * @default the length of a header
   */
  readonly wholeBytes?: number;
  /** Receives the type of a message once its header is here; may throw. */
  readonly onHeader?: (type: string) => void;
}

/** Splits a byte stream into messages. Buffers less than `wholeBytes`, for any length of message. */
export class MessageSplitter {
  readonly #wholeBytes: number;
  readonly #onHeader: ((type: string) => void) | undefined;
  #kept: Buffer = Buffer.alloc(0);
  #type = "";
  #missing = 0;

  constructor({ wholeBytes = headerLength, onHeader }: SplitterOptions = {}) {
    this.#wholeBytes = wholeBytes;
    this.#onHeader = onHeader;
  }

  /** The pieces of `chunk` in order. Throws {@link BrokenFraming} for an invalid length. */
  *split(chunk: Buffer): Generator<TypedPiece> {
    let rest = this.#kept.length > 0 ? Buffer.concat([this.#kept, chunk]) : chunk;
    this.#kept = Buffer.alloc(0);
    while (rest.length > 0) {
      const isFirst = this.#missing === 0;
      if (isFirst) {
        if (!this.#isBegun(rest)) {
          this.#kept = rest;
          return;
        }
        this.#missing = readMessageLength(rest) + 1;
      }
      const bytes = rest.subarray(0, this.#missing);
      rest = rest.subarray(bytes.length);
      this.#missing -= bytes.length;
      yield { type: this.#type, bytes, isFirst, isLast: this.#missing === 0 };
    }
  }

  /** Whether enough of the message is here for its first piece. */
  #isBegun(bytes: Buffer): boolean {
    if (bytes.length < headerLength) return false;
    this.#type = String.fromCharCode(bytes.readUInt8(0));
    this.#onHeader?.(this.#type);
    return bytes.length >= Math.min(readMessageLength(bytes) + 1, this.#wholeBytes);
  }
}

function readMessageLength(header: Buffer): number {
  const length = header.readUInt32BE(1);
  // The length counts itself.
  if (length < 4) throw new BrokenFraming(`message length ${length}`);
  return length;
}
