import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { LocalProxy } from "../index.js";

/** What a TLS handshake does differently from the defaults. */
export interface TlsChanges {
  readonly servername?: string;
  readonly maxVersion?: "TLSv1.2";
  readonly ALPNProtocols?: string[];
}

/** A connection that sends given bytes. */
export class RawSocket {
  socket: Socket | TLSSocket;
  protected readonly proxy: LocalProxy;
  readonly #plain: Socket;
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  /** Lengths of the received chunks, in order. */
  readonly chunkLengths: number[] = [];
  /** The socket's error, if any. */
  error: NodeJS.ErrnoException | undefined;

  protected constructor(proxy: LocalProxy, socket: Socket) {
    this.proxy = proxy;
    this.socket = socket;
    this.#plain = socket;
    this.#listen();
  }

  protected static async dial(proxy: LocalProxy): Promise<Socket> {
    const socket = connect(proxy.port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Resolves with exactly that many bytes. */
  async take(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.#hasEnded) throw new Error(`connection ended (${this.error?.code ?? "FIN"})`);
      await new Promise((resolve) => this.socket.once("progress", resolve));
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  /** Waits for the end of the connection; resolves with "reset" or "closed", and the bytes before it. */
  async ending(): Promise<{ how: "reset" | "closed"; rest: Buffer }> {
    while (!this.#hasEnded) await new Promise((resolve) => this.socket.once("progress", resolve));
    return { how: this.error?.code === "ECONNRESET" ? "reset" : "closed", rest: this.#received };
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Closes with a TCP RST. */
  abort(): void {
    this.#plain.resetAndDestroy();
  }

  /** Does the client's side of a TLS handshake. */
  protected async secure(changes: TlsChanges): Promise<void> {
    const plain = this.#plain;
    plain.removeAllListeners("data").removeAllListeners("end");
    const secured = connectTls({ socket: plain, ca: this.proxy.ca, host: "localhost", ...changes });
    this.socket = secured;
    this.#listen();
    await once(secured, "secureConnect");
  }

  #listen(): void {
    const { socket } = this;
    socket.on("data", (chunk: Buffer) => {
      this.chunkLengths.push(chunk.length);
      this.#received = Buffer.concat([this.#received, chunk]);
      socket.emit("progress");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error;
    });
    socket.on("close", () => {
      this.#hasEnded = true;
      socket.emit("progress");
    });
  }
}
