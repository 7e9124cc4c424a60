import { connect, type Socket } from "node:net";
import { ByteReader } from "../bytes/byte-reader.js";
import { writeBytes } from "../bytes/write-bytes.js";

// How long the server has to close after the message that ends the session.
const lingerMs = 2000;

/** A TCP connection to the real server. */
export class UpstreamConnection {
  /** Resolves when the connection is closed, for whatever reason. */
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
  static async dial(host: string, port: number, signal: AbortSignal): Promise<UpstreamConnection> {
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
        resolve(new UpstreamConnection(socket));
      });
    });
  }

  /** Opens another connection to the same server, for a cancel request; rejects after 2 s. */
  async dialAgain(): Promise<UpstreamConnection> {
    const { remoteAddress: host, remotePort: port } = this.#socket;
    if (host === undefined || port === undefined) throw new Error("the connection is closed");
    return await UpstreamConnection.dial(host, port, AbortSignal.timeout(lingerMs));
  }

  /** `address:port` of the proxy's side. */
  get localAddress(): string {
    return `${this.#socket.localAddress}:${this.#socket.localPort}`;
  }

  /** `address:port` of the server. */
  get remoteAddress(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
  }

  /** Whether the connection ended with an error, such as a reset. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  write(bytes: Buffer): Promise<void> {
    return writeBytes(this.#socket, bytes);
  }

  /** Sends `endMessage` and a FIN; resolves when the server has closed its side too, after 2 s at most. */
  async end(endMessage: Buffer): Promise<void> {
    const linger = setTimeout(() => this.#socket.destroy(), lingerMs);
    if (!this.#socket.writableEnded && !this.#socket.destroyed) this.#socket.end(endMessage);
    // The backend may read as well; only the end of the stream matters here.
    while ((await this.reader.readChunk()) !== undefined);
    this.#socket.destroy();
    await this.closed;
    clearTimeout(linger);
  }

  /** Closes at once. A running statement goes on until the server tries to reply. */
  async destroy(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }
}

/** The user and password for the login at the server. */
export interface UpstreamSecret {
  readonly user: string;
  readonly password: string | undefined;
}

/** What a login at the server leaves behind. */
export interface UpstreamLoginResult {
  /** What the server sent at login and a client has to receive at its own. */
  readonly greeting: Buffer;
  /** The message that ends the session gracefully. */
  readonly endMessage: Buffer;
  /** Asks the server to cancel the running statement. Best effort; resolves when the server has taken the request. */
  cancel(): Promise<void>;
}
