/** Takes decisions from the bytes of an input, so that a mutation of the input is one of the decisions. */
export class ByteChoices {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isLeft(): boolean {
    return this.#offset < this.#bytes.length;
  }

  /** 0 after the end. */
  byte(): number {
    return this.#bytes[this.#offset++] ?? 0;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.byte() % choices.length] ?? choices[0];
  }

  /** A text of at most 255 bytes, whose length comes first. */
  text(): string {
    const length = this.byte();
    const text = this.#bytes.toString("utf8", this.#offset, this.#offset + length);
    this.#offset += length;
    return text;
  }

  /** All that is left, as text. */
  rest(): string {
    const text = this.#bytes.toString("utf8", this.#offset);
    this.#offset = this.#bytes.length;
    return text;
  }
}

/** A text as `ByteChoices.text` reads it. */
export function textInput(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
