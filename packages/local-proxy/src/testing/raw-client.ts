import type { LocalProxy } from "../index.js";
import { RawSocket, type TlsChanges } from "./raw-socket.js";
import { signToken } from "./sign-token.js";

/** A message on the wire. */
export interface RawMessage {
  readonly type: string;
  readonly body: Buffer;
}

/** A PostgreSQL client for messages that no driver sends. It shares no code with the proxy. */
export class RawClient extends RawSocket {
  static async connect(proxy: LocalProxy): Promise<RawClient> {
    return new RawClient(proxy, await RawSocket.dial(proxy));
  }

  /** Connected, encrypted and logged in. */
  static async logIn(proxy: LocalProxy, parameters: Record<string, string> = {}): Promise<RawClient> {
    const client = await RawClient.connect(proxy);
    await client.startTls();
    await client.logIn(parameters);
    return client;
  }

  /** Sends the startup message and a token; resolves with all replies. */
  async logIn(parameters: Record<string, string> = {}, version?: number): Promise<RawMessage[]> {
    const { RDS_PROXY_USER: user = "", RDS_PROXY_DATABASE: database = "" } = this.proxy.environment;
    this.send(startupMessage({ user, database, ...parameters }, version));
    const challenge = await this.messagesUntil("R");
    this.send(rawMessage("p", `${await signToken(this.proxy)}\0`));
    return [...challenge, ...(await this.messagesUntil("Z"))];
  }

  async startTls(changes: TlsChanges = { servername: "localhost" }): Promise<void> {
    this.send(sslRequest);
    if ((await this.take(1)).toString() !== "S") throw new Error("the server refused TLS");
    await this.secure(changes);
  }

  /** Begins with the TLS handshake, as libpq's `sslnegotiation=direct` does. */
  async startTlsDirectly(protocols: string[]): Promise<void> {
    await this.secure({ servername: "localhost", ALPNProtocols: protocols });
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

/** The fields of an ErrorResponse that tests check. */
export function errorFields({ body }: RawMessage): { severity: string; code: string; message: string } {
  const fields = new Map(
    body
      .toString()
      .split("\0")
      .map((field) => [field[0], field.slice(1)]),
  );
  return { severity: fields.get("S") ?? "", code: fields.get("C") ?? "", message: fields.get("M") ?? "" };
}
