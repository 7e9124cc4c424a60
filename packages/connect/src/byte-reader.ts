import type { Duplex } from "node:stream";

/** Reads exact numbers of bytes from a stream, and leaves what follows in the stream. */
export class ByteReader {
  readonly #stream: Duplex;
  readonly #closed: () => Error;
  #waiting: { length: number; resolve: (bytes: Buffer) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  /** @param closed the error of a stream that ends before all bytes have come */
  constructor(stream: Duplex, closed: () => Error) {
    this.#stream = stream;
    this.#closed = closed;
    stream.on("readable", this.#read);
    stream.on("end", this.#end);
    stream.on("close", this.#end);
    stream.on("error", this.fail);
  }

  /** Whether bytes have come that have not been taken. */
  get hasMore(): boolean {
    return this.#stream.readableLength > 0;
  }

  /** One call at a time. */
  async take(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#waiting = { length, resolve, reject };
    this.#read();
    if (this.#failure) this.fail(this.#failure);
    return await promise;
  }

  /** Ends the call that waits, or else the next one, with `error`. */
  readonly fail = (error: Error): void => {
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  };

  /** Stops to read: the stream can be used in any other way. */
  release(): void {
    this.#stream.off("readable", this.#read);
    this.#stream.off("end", this.#end);
    this.#stream.off("close", this.#end);
    this.#stream.off("error", this.fail);
  }

  readonly #read = (): void => {
    if (!this.#waiting) {
      // Shows the end of a stream from which nothing is left to read.
      this.#stream.read(0);
      return;
    }
    const { length, resolve } = this.#waiting;
    const bytes: unknown = this.#stream.read(length);
    if (!(bytes instanceof Buffer)) return;
    if (bytes.length < length) {
      // At its end a stream returns what it has.
      this.#end();
      return;
    }
    this.#waiting = undefined;
    resolve(bytes);
  };

  readonly #end = (): void => this.fail(this.#failure ?? this.#closed());
}
