import type { Socket } from "node:net";
import { setTimeout as delay, setImmediate as immediate } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { ByteReader, ConnectionGone } from "../bytes/byte-reader.js";
import { writeBytes } from "../bytes/write-bytes.js";
import type { ProxyState } from "../proxy-state.js";

// After our FIN, how long a client may take to close its own side.
const lingerMs = 2000;
// Ahead of a RST, how long a client gets to read what it was sent before.
const resetDelayMs = 20;

/** One accepted connection, from plain TCP through its upgrade to TLS until it is closed. */
export class ClientSocket {
  /** Resolves when the TCP connection is closed, however that came. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #stream: Socket | TLSSocket;
  #reader: ByteReader;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#stream = socket;
    this.#reader = new ByteReader(socket);
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    // What an error means is told by the close that follows it.
    socket.on("error", () => {});
    socket.setNoDelay(true);
  }

  /** `address:port` of the client. */
  get peer(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
  }

  get isEncrypted(): boolean {
    return this.#stream instanceof TLSSocket;
  }

  /** Aborts once the client has closed its side, or the connection is gone. */
  get left(): AbortSignal {
    return this.#reader.ended;
  }

  /**
   * Does the server's half of a TLS handshake; throws {@link ConnectionGone} when it fails. A client that waits for a
   * `goAhead` is told it first; where the protocol has none, the handshake may have begun already. With `requireSni` a
   * client that names no host fails, too.
   */
  async startTls(
    { secureContext, options }: Pick<ProxyState, "secureContext" | "options">,
    goAhead?: Buffer,
  ): Promise<void> {
    const begun = this.#reader.detach();
    if (goAhead !== undefined) {
      // Bytes sent before the handshake are not protected by it: taking them would let a stranger put words in.
      if (begun.length > 0) throw new ConnectionGone("plain bytes ahead of the TLS handshake");
      this.#socket.write(goAhead);
    } else if (begun.length > 0) {
      // TLSSocket takes in first what the socket has buffered.
      this.#socket.pause();
      this.#socket.unshift(begun);
    }
    const secured = new TLSSocket(this.#socket, { isServer: true, secureContext });
    secured.on("error", () => {});
    this.#socket.once("close", () => secured.destroy());
    this.#stream = secured;
    this.#reader = new ByteReader(secured);
    await new Promise<void>((resolve, reject) => {
      secured.once("secure", () => resolve());
      secured.once("close", () => reject(new ConnectionGone("TLS handshake failed")));
    });
    if (options.requireSni && !secured.servername) {
      secured.destroy();
      throw new ConnectionGone("no server name in the TLS handshake");
    }
  }

  read(length: number): Promise<Buffer> {
    return this.#reader.read(length);
  }

  readChunk(): Promise<Buffer | undefined> {
    return this.#reader.readChunk();
  }

  write(bytes: Buffer): Promise<void> {
    return writeBytes(this.#stream, bytes);
  }

  /** Sends `lastMessage` and a FIN, and waits until the client closes its side too (2 s at most). */
  async end(lastMessage?: Buffer): Promise<void> {
    const linger = setTimeout(() => this.destroy(), lingerMs);
    if (lastMessage === undefined) this.#stream.end();
    else this.#stream.end(lastMessage);
    // Closing with unread bytes would turn the FIN into a RST, which may overtake our last words.
    await this.swallow();
    this.destroy();
    clearTimeout(linger);
  }

  /** Reads and forgets whatever the client sends, until it leaves. */
  async swallow(): Promise<void> {
    while ((await this.#reader.readChunk()) !== undefined);
  }

  /** Closes with a TCP RST; resolves when that has happened. */
  async reset(): Promise<void> {
    // A client on Node that has bytes to read when the RST comes takes it for a FIN (libuv's partial read and hang-up).
    await delay(resetDelayMs);
    // TLS sockets cannot reset, so this goes to the TCP socket below. Doing that from within a read callback of the TLS
    // socket, or a microtask of it, crashes Node 24 (SIGSEGV). After a poll phase, a client in this process has read, too.
    await immediate();
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
    await this.closed;
  }

  /** Closes at once. */
  destroy(): void {
    this.#stream.destroy();
  }
}
