/** Gathers stretches of bytes, so that what stood side by side when it came is written as one. */
export class ByteRun {
  #parts: Buffer[] = [];

  add(bytes: Buffer): void {
    const last = this.#parts.at(-1);
    const isAdjacent =
      last !== undefined &&
      last.buffer === bytes.buffer &&
      last.byteOffset + last.length === bytes.byteOffset;
    if (!isAdjacent) {
      this.#parts.push(bytes);
      return;
    }
    const joined = Buffer.from(last.buffer, last.byteOffset, last.length + bytes.length);
    this.#parts.splice(-1, 1, joined);
  }

  /** What was gathered, leaving nothing. */
  take(): Buffer {
    const [first, ...others] = this.#parts;
    this.#parts = [];
    if (first === undefined) return Buffer.alloc(0);
    return others.length === 0 ? first : Buffer.concat([first, ...others]);
  }
}
