import { connect, type Socket } from "node:net";
import { ByteReader } from "../byte-reader.js";
import { writeBytes } from "../write-bytes.js";
import { encodeCancelRequest, encodeMessage } from "./messages.js";

// After Terminate, how long the server may take to close.
const lingerMs = 2000;

/** The TCP connection to the real server. */
export class Upstream {
  /** Resolves when the connection is closed, however that came. */
  readonly closed: Promise<void>;
  readonly reader: ByteReader;
  /** Known once the server has told it. */
  backendKey: { readonly processId: number; readonly secretKey: Buffer } | undefined;
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

  /** Whether the server went away with a reset, not in good order. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  write(bytes: Buffer): Promise<void> {
    return writeBytes(this.#socket, bytes);
  }

  /** Ends the session in good order; resolves when the server has closed it, so when its place is free (2 s at most). */
  async terminate(): Promise<void> {
    const linger = setTimeout(() => this.#socket.destroy(), lingerMs);
    if (!this.#socket.writableEnded && !this.#socket.destroyed) this.#socket.end(encodeMessage("X"));
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

  /** Asks the server to cancel what runs in this session. Best effort: resolves when the request has been taken. */
  async cancel(): Promise<void> {
    const { remoteAddress: host, remotePort: port } = this.#socket;
    if (this.backendKey === undefined || host === undefined || port === undefined) return;
    const { processId, secretKey } = this.backendKey;
    try {
      const request = await Upstream.dial(host, port, AbortSignal.timeout(lingerMs));
      await request.write(encodeCancelRequest(processId, secretKey));
      // The server closes without an answer.
      await request.reader.readChunk();
      await request.destroy();
    } catch {
      // A server that takes no connection any more has nothing left to cancel.
    }
  }
}
