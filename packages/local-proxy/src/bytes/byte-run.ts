/** Collects buffers. Adjacent parts of one buffer are joined without a copy. */
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

  /** Returns the collected bytes, and empties the run. */
  take(): Buffer {
    const [first, ...others] = this.#parts;
    this.#parts = [];
    if (first === undefined) return Buffer.alloc(0);
    return others.length === 0 ? first : Buffer.concat([first, ...others]);
  }
}
