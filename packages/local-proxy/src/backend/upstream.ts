import { connect, type Socket } from "node:net";
import { ByteReader } from "../bytes/byte-reader.js";
import { writeBytes } from "../bytes/write-bytes.js";

// After our farewell, how long the server may take to close.
const lingerMs = 2000;

/** The TCP connection to the real server. */
export class Upstream {
  /** Resolves when the connection is closed, however that came. */
  readonly closed: Promise<void>;
  readonly reader: ByteReader;
  readonly #socket: Socket;
  #hasFailed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.reader = new ByteReader(socket);
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {
      this.#hasFailed = true;
    });
    socket.setNoDelay(true);
  }

  /** Connects; rejects with the socket's error, or with the signal's reason once it aborts. */
  static async dial(host: string, port: number, signal: AbortSignal): Promise<Upstream> {
    signal.throwIfAborted();
    const socket = connect({ host, port });
    return await new Promise((resolve, reject) => {
      const settle = (): void => {
        signal.removeEventListener("abort", onAbort);
        socket.off("error", onError);
      };
      const onAbort = (): void => {
        settle();
        socket.destroy();
        reject(signal.reason);
      };
      const onError = (error: Error): void => {
        settle();
        reject(error);
      };
      signal.addEventListener("abort", onAbort);
      socket.on("error", onError);
      socket.once("connect", () => {
        settle();
        resolve(new Upstream(socket));
      });
    });
  }

  /** Another connection to the same server, for a request that cannot be made on this one; within 2 s. */
  async dialAgain(): Promise<Upstream> {
    const { remoteAddress: host, remotePort: port } = this.#socket;
    if (host === undefined || port === undefined) throw new Error("the connection is closed");
    return await Upstream.dial(host, port, AbortSignal.timeout(lingerMs));
  }

  /** `address:port` of the proxy's side. */
  get localAddress(): string {
    return `${this.#socket.localAddress}:${this.#socket.localPort}`;
  }

  /** `address:port` of the server. */
  get remoteAddress(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
  }

  /** Whether the server went away with a reset, not in good order. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  write(bytes: Buffer): Promise<void> {
    return writeBytes(this.#socket, bytes);
  }

  /** Ends the session in good order; resolves when the server has closed it, so when its place is free (2 s at most). */
  async terminate(farewell: Buffer): Promise<void> {
    const linger = setTimeout(() => this.#socket.destroy(), lingerMs);
    if (!this.#socket.writableEnded && !this.#socket.destroyed) this.#socket.end(farewell);
    // Somebody else may read, too; either way it is the end that counts.
    while ((await this.reader.readChunk()) !== undefined);
    this.#socket.destroy();
    await this.closed;
    clearTimeout(linger);
  }

  /** Closes at once; what runs on the server runs on until it wants to answer. */
  async destroy(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }
}

/** Whom to log in as at the real server. */
export interface UpstreamSecret {
  readonly user: string;
  readonly password: string | undefined;
}

/** A session of the real server that is ready for its first request. */
export interface UpstreamSession {
  /** What the server told at its login that a client has to know. */
  readonly greeting: Buffer;
  /** What ends the session in good order. */
  readonly farewell: Buffer;
  /** Asks the server to cancel what runs in this session. Best effort: resolves when the request has been taken. */
  cancel(): Promise<void>;
}
