import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Upstream } from "../index.js";
import { listenUntilTestFinished } from "./listen-until-test-finished.js";
import { flags, rawPacket } from "./raw-mysql-client.js";

/** One connection of a scripted MySQL server. It shares no code with the proxy. */
export class ScriptedPeer {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      socket.emit("progress");
    });
    socket.on("close", () => socket.emit("progress"));
  }

  send(sequence: number, payload: Buffer | string): void {
    this.sendTogether([sequence, payload]);
  }

  /** Sends several packets in one segment. */
  sendTogether(...packets: readonly (readonly [sequence: number, payload: Buffer | string])[]): void {
    this.#socket.write(Buffer.concat(packets.map((packet) => rawPacket(...packet))));
  }

  /** The next packet's payload; empty when the connection ended. */
  async next(): Promise<Buffer> {
    while (this.#received.length < 4 || this.#received.length < 4 + this.#received.readUIntLE(0, 3)) {
      if (this.#socket.destroyed) return Buffer.alloc(0);
      await once(this.#socket, "progress");
    }
    const end = 4 + this.#received.readUIntLE(0, 3);
    const payload = this.#received.subarray(4, end);
    this.#received = this.#received.subarray(end);
    return payload;
  }

  end(): void {
    this.#socket.end();
  }
}

/** Starts a server that runs `script` for each connection. The first one is the proxy's, for the greeting. */
export async function startScriptedMysqlServer(
  script: (peer: ScriptedPeer) => Promise<void>,
): Promise<Upstream> {
  const server = createServer((socket) => {
    void script(new ScriptedPeer(socket));
  });
  const address = await listenUntilTestFinished(server);
  return { ...address, user: "app", password: "secret" };
}

const usualCapabilities =
  flags.mysql |
  flags.connectWithDb |
  flags.protocol41 |
  flags.secureConnection |
  flags.pluginAuth |
  flags.deprecateEof;

/** A greeting of protocol version 10; `extended` are MariaDB's capabilities. */
export function scriptedGreeting({
  capabilities = usualCapabilities,
  extended = 0,
  authPlugin = "mysql_native_password",
} = {}): Buffer {
  const middle = Buffer.alloc(27 + 4);
  middle.writeUInt32LE(77, 0);
  middle.fill("s", 4, 12);
  middle.writeUInt16LE(capabilities & 0xffff, 13);
  middle.writeUInt8(45, 15);
  middle.writeUInt16LE(2, 16);
  middle.writeUInt16LE(capabilities >>> 16, 18);
  middle.writeUInt8(21, 20);
  middle.writeUInt32LE(extended, 27);
  return Buffer.concat([
    Buffer.from("\x0a9.9.9-scripted\0"),
    middle,
    Buffer.from(`${"t".repeat(12)}\0${authPlugin}\0`),
  ]);
}

export const scriptedOk: Buffer = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
