import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { LocalProxy } from "../index.js";
import { signToken } from "./proxied-client.js";

/** A message as the wire has it. */
export interface RawMessage {
  readonly type: string;
  readonly body: Buffer;
}

/** A client that sends the bytes it is told to, for what no driver would send. Written apart from the proxy's own code. */
export class RawClient {
  socket: Socket | TLSSocket;
  readonly #proxy: LocalProxy;
  readonly #plain: Socket;
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  /** `undefined` while nothing has gone wrong. */
  error: NodeJS.ErrnoException | undefined;

  private constructor(proxy: LocalProxy, socket: Socket) {
    this.#proxy = proxy;
    this.socket = socket;
    this.#plain = socket;
    this.#listen();
  }

  static async connect(proxy: LocalProxy): Promise<RawClient> {
    const socket = connect(proxy.port, "127.0.0.1");
    const client = new RawClient(proxy, socket);
    await once(socket, "connect");
    return client;
  }

  /** Connected, encrypted and logged in. */
  static async logIn(proxy: LocalProxy): Promise<RawClient> {
    const client = await RawClient.connect(proxy);
    await client.startTls();
    const user = proxy.environment["RDS_PROXY_USER"] ?? "";
    client.send(startupMessage({ user, database: proxy.environment["RDS_PROXY_DATABASE"] ?? "" }));
    await client.nextMessage("R");
    client.send(rawMessage("p", `${await signToken(proxy)}\0`));
    await client.nextMessage("Z");
    return client;
  }

  async startTls(
    options: { servername?: string; maxVersion?: "TLSv1.2" } = { servername: "localhost" },
  ): Promise<void> {
    this.send(sslRequest);
    if ((await this.take(1)).toString() !== "S") throw new Error("the server refused TLS");
    const plain = this.#plain;
    plain.removeAllListeners("data").removeAllListeners("end");
    const secured = connectTls({ socket: plain, ca: this.#proxy.ca, host: "localhost", ...options });
    this.socket = secured;
    this.#listen();
    await once(secured, "secureConnect");
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Waits for exactly that many bytes. */
  async take(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.#hasEnded) throw new Error(`connection ended (${this.error?.code ?? "FIN"})`);
      await new Promise((resolve) => this.socket.once("progress", resolve));
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  /** The next message; with `type`, skips to the first of that type. */
  async nextMessage(type?: string): Promise<RawMessage> {
    while (true) {
      const header = await this.take(5);
      const body = await this.take(header.readInt32BE(1) - 4);
      const message = { type: header.toString("latin1", 0, 1), body };
      if (type === undefined || message.type === type) return message;
    }
  }

  /** Every message up to the next of that type. */
  async messagesUntil(type: string): Promise<RawMessage[]> {
    const messages: RawMessage[] = [];
    while (messages.at(-1)?.type !== type) messages.push(await this.nextMessage());
    return messages;
  }

  /** Waits for the end of the connection; "reset" or "closed", and bytes that came before it. */
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

  #listen(): void {
    const { socket } = this;
    socket.on("data", (chunk: Buffer) => {
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

export const sslRequest: Buffer = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export function rawMessage(type: string, body: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length + 4);
  return Buffer.concat([Buffer.from(type), length, bytes]);
}

export function startupMessage(parameters: Record<string, string>, version: number = 3 << 16): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join("")}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(version, 4);
  return Buffer.concat([head, body]);
}

/** Fields of an ErrorResponse that tests look at. */
export function errorFields({ body }: RawMessage): { severity: string; code: string; message: string } {
  const fields = new Map(
    body
      .toString()
      .split("\0")
      .map((field) => [field[0], field.slice(1)]),
  );
  return { severity: fields.get("S") ?? "", code: fields.get("C") ?? "", message: fields.get("M") ?? "" };
}
