/** A packet ends before its last field, or has an invalid one. */
export class MalformedPacket extends Error {
  override readonly name = "MalformedPacket";
}

const nullMarker = 0xfb;

/** Reads a packet's fields in order. Throws {@link MalformedPacket} when the packet is too short. */
export class PayloadReader {
  readonly #payload: Buffer;
  #offset = 0;

  constructor(payload: Buffer) {
    this.#payload = payload;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#payload.length;
  }

  bytes(length: number): Buffer {
    const bytes = this.#payload.subarray(this.#offset, this.#offset + length);
    if (bytes.length < length) throw new MalformedPacket("the packet ends in the middle of a field");
    this.#offset += length;
    return bytes;
  }

  /** The rest of the packet. */
  rest(): Buffer {
    return this.bytes(this.#payload.length - this.#offset);
  }

  /** A little-endian number of 1 to 6 bytes. */
  integer(byteCount: number): number {
    return this.bytes(byteCount).readUIntLE(0, byteCount);
  }

  /** The bytes up to a NUL, which is skipped. */
  untilNul(): Buffer {
    const end = this.#payload.indexOf(0, this.#offset);
    if (end < 0) throw new MalformedPacket("a string without its NUL");
    const bytes = this.bytes(end - this.#offset);
    this.#offset += 1;
    return bytes;
  }

  /** A length-encoded number. Only the lower 48 bits are read, which is enough for the fields read here. */
  lengthEncoded(): number {
    const first = this.integer(1);
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.integer(2);
    if (first === 0xfd) return this.integer(3);
    if (first === 0xfe) return new PayloadReader(this.bytes(8)).integer(6);
    throw new MalformedPacket("an invalid length-encoded number");
  }

  /** Length-encoded bytes of a row; `undefined` for NULL. */
  nullableBytes(): Buffer | undefined {
    return this.#payload[this.#offset] === nullMarker ? undefined : this.lengthEncodedBytes();
  }

  lengthEncodedBytes(): Buffer {
    return this.bytes(this.lengthEncoded());
  }
}
