import type { Socket } from "node:net";
import { setTimeout as delay, setImmediate as immediate } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { ByteReader, ConnectionGone } from "../bytes/byte-reader.js";
import { writeBytes } from "../bytes/write-bytes.js";
import type { ProxyState } from "../proxy-state.js";

// How long a client has to close its side after our FIN.
const lingerMs = 2000;
// How long a client has to read what was sent before a RST.
const resetDelayMs = 20;

/** How a TLS handshake begins. */
export interface TlsStart {
  /** What the client awaits ahead of its ClientHello (PostgreSQL). Without it, the first bytes may be here already. */
  readonly goAhead?: Buffer;
  /** The application protocol (ALPN) that the client has to name. */
  readonly alpn?: string;
}

/** One accepted connection: plain TCP, then TLS. */
export class ClientSocket {
  /** Resolves when the TCP connection is closed, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #stream: Socket | TLSSocket;
  #reader: ByteReader;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#stream = socket;
    this.#reader = new ByteReader(socket);
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    // A `close` event follows every error; `closed` waits for that.
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
   * Does the server's half of a TLS handshake; rejects with {@link ConnectionGone} when it fails, or when the client
   * names no host under `requireSni`.
   */
  async startTls(
    { secureContext, options }: Pick<ProxyState, "secureContext" | "options">,
    { goAhead, alpn }: TlsStart = {},
  ): Promise<void> {
    const begun = this.#reader.detach();
    if (goAhead !== undefined) {
      // Plain bytes ahead of the handshake could be injected by an attacker (CVE-2021-23214).
      if (begun.length > 0) throw new ConnectionGone("Plain bytes ahead of the TLS handshake");
      this.#socket.write(goAhead);
    } else if (begun.length > 0) {
      // TLSSocket first reads what the socket has buffered.
      this.#socket.pause();
      this.#socket.unshift(begun);
    }
    const secured = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext,
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    });
    let failure = "";
    secured.on("error", ({ message }) => {
      failure = `: ${message}`;
    });
    this.#socket.once("close", () => secured.destroy());
    this.#stream = secured;
    this.#reader = new ByteReader(secured);
    await new Promise<void>((resolve, reject) => {
      secured.once("secure", () => resolve());
      secured.once("close", () => reject(new ConnectionGone(`The TLS handshake failed${failure}`)));
    });
    const isNamed = !options.requireSni || Boolean(secured.servername);
    if (isNamed && (alpn === undefined || secured.alpnProtocol === alpn)) return;
    secured.destroy();
    throw new ConnectionGone(`No ${isNamed ? "protocol" : "server"} name in the TLS handshake`);
  }

  /** The next byte, which stays unread; `undefined` when the client has left. */
  peek(): Promise<number | undefined> {
    return this.#reader.peek();
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

  /** Sends `lastMessage` and a FIN; resolves when the client has closed its side, after 2 s at most. */
  async end(lastMessage?: Buffer): Promise<void> {
    const linger = setTimeout(() => this.destroy(), lingerMs);
    if (lastMessage === undefined) this.#stream.end();
    else this.#stream.end(lastMessage);
    // Closing with unread bytes would send a RST, which can overtake the last message.
    await this.swallow();
    this.destroy();
    clearTimeout(linger);
  }

  /** Reads and drops what the client sends, until it disconnects. */
  async swallow(): Promise<void> {
    while ((await this.#reader.readChunk()) !== undefined);
  }

  /** Closes with a TCP RST; resolves when the connection is closed. */
  async reset(): Promise<void> {
    // A Node client with unread bytes would see the RST as a FIN (libuv handles the partial read and the hang-up
    // together).
    await delay(resetDelayMs);
    // TLS sockets cannot reset, so this resets the TCP socket. In a read callback of the TLS socket, or a microtask of
    // one, that crashes Node 24 (SIGSEGV). A poll phase also lets a client in this process read.
    await immediate();
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
    await this.closed;
  }

  /** Closes at once. */
  destroy(): void {
    this.#stream.destroy();
  }
}
