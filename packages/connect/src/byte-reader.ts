import type { Duplex } from "node:stream";

/** Reads exact numbers of bytes from a stream, and leaves what follows in the stream. */
export class ByteReader {
  readonly #stream: Duplex;
  readonly #closed: () => Error;
  readonly #timeoutMs: number | undefined;
  #waiting: { length: number; resolve: (bytes: Buffer) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  /**
   * @param closed the error of a stream that ends before all bytes have come
   * @param timeoutMs limit of one call
   */
  constructor(stream: Duplex, closed: () => Error, timeoutMs?: number) {
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
    this.#closed = closed;
    stream.on("readable", this.#read);
    stream.on("end", this.#end);
    stream.on("close", this.#end);
    stream.on("error", this.#fail);
  }

  /** One call at a time. */
  async take(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#waiting = { length, resolve, reject };
    this.#read();
    if (this.#failure) this.#fail(this.#failure);
    const timer =
      this.#timeoutMs === undefined
        ? undefined
        : setTimeout(() => this.#fail(new Error("nothing came in time")), this.#timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops to read: the stream can be used in any other way. */
  release(): void {
    this.#stream.off("readable", this.#read);
    this.#stream.off("end", this.#end);
    this.#stream.off("close", this.#end);
    this.#stream.off("error", this.#fail);
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

  readonly #end = (): void => this.#fail(this.#failure ?? this.#closed());

  readonly #fail = (error: Error): void => {
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  };
}
