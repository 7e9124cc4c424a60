import type { Duplex } from "node:stream";

/** The other side closed the connection, or it was closed under us. Nobody is left to be told. */
export class ConnectionGone extends Error {
  override readonly name = "ConnectionGone";
}

// Beyond this much unread data the stream is paused; the peer then feels it through TCP.
const pauseAtBytes = 128 * 1024;

/**
 * Turns a stream's events into bytes that can be waited for. It takes data in ahead of its reader, so that the end of
 * the stream is seen even while nobody reads.
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

  /** Aborts once nothing more will come; what came before can still be read. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Bytes that came in and were not read yet. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Waits for exactly `length` bytes (128 kB at most); throws {@link ConnectionGone} when the stream ends before. */
  async read(length: number): Promise<Buffer> {
    while (this.#byteCount < length) {
      if (this.#ended.signal.aborted) throw new ConnectionGone("connection ended in the middle of a message");
      await this.#nextEvent();
    }
    const all = Buffer.concat(this.#takeAll());
    if (all.length > length) this.#putBack(all.subarray(length));
    return all.subarray(0, length);
  }

  /** Waits for whatever comes next; `undefined` at the end of the stream. */
  async readChunk(): Promise<Buffer | undefined> {
    while (this.#byteCount === 0) {
      if (this.#ended.signal.aborted) return undefined;
      await this.#nextEvent();
    }
    const chunks = this.#takeAll();
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }

  /** Leaves the stream to another reader, and returns what was not read yet. */
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
    this.#ended.abort(new ConnectionGone("connection ended"));
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
