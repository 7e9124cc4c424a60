import type { Duplex } from "node:stream";

/** The connection is closed, by either side, so no error can be sent. */
export class ConnectionGone extends Error {
  override readonly name = "ConnectionGone";
}

// With this much unread data the stream is paused, so that TCP slows down the peer.
const pauseAtBytes = 128 * 1024;

/**
 * Reads a stream by promises. Buffers data ahead of its reader, so that the end of the stream is seen without a pending
 * read.
 */
export class ByteReader {
  readonly #stream: Duplex;
  readonly #ended = new AbortController();
  #chunks: Buffer[] = [];
  #byteCount = 0;
  #wakers: (() => void)[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    stream.on("close", this.#onEnd);
  }

  /** Aborts when the stream has ended. Buffered data can still be read. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Number of buffered bytes. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /**
   * Resolves with exactly `length` bytes (128 kB at most); rejects with {@link ConnectionGone} if the stream ends
   * first.
   */
  async read(length: number): Promise<Buffer> {
    while (this.#byteCount < length) {
      if (this.#ended.signal.aborted)
        throw new ConnectionGone("The connection ended in the middle of a message");
      await this.#nextEvent();
    }
    const all = Buffer.concat(this.#takeAll());
    if (all.length > length) this.#putBack(all.subarray(length));
    return all.subarray(0, length);
  }

  /** Resolves with the next byte, which stays unread; with `undefined` at the end of the stream. */
  async peek(): Promise<number | undefined> {
    const bytes = await this.readChunk();
    if (bytes) this.#putBack(bytes);
    return bytes?.[0];
  }

  /** Resolves with the next bytes; with `undefined` at the end of the stream. */
  async readChunk(): Promise<Buffer | undefined> {
    while (this.#byteCount === 0) {
      if (this.#ended.signal.aborted) return undefined;
      await this.#nextEvent();
    }
    const chunks = this.#takeAll();
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }

  /** Stops reading the stream, and returns the buffered bytes. */
  detach(): Buffer {
    this.#stream.off("data", this.#onData);
    this.#stream.off("end", this.#onEnd);
    this.#stream.off("close", this.#onEnd);
    return Buffer.concat(this.#takeAll());
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#byteCount += chunk.length;
    if (this.#byteCount >= pauseAtBytes) this.#stream.pause();
    this.#wakeAll();
  };

  readonly #onEnd = (): void => {
    this.#ended.abort(new ConnectionGone("The connection ended"));
    this.#wakeAll();
  };

  #wakeAll(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #takeAll(): Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#byteCount = 0;
    if (this.#stream.isPaused()) this.#stream.resume();
    return chunks;
  }

  #putBack(rest: Buffer): void {
    this.#chunks.unshift(rest);
    this.#byteCount += rest.length;
  }

  #nextEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakers.push(resolve);
    });
  }
}
