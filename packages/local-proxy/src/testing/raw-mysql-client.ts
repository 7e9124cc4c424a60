import type { LocalProxy } from "../index.js";
import { RawSocket, type TlsChanges } from "./raw-socket.js";
import { signToken } from "./sign-token.js";

/** A packet on the wire. */
export interface RawPacket {
  readonly sequence: number;
  readonly payload: Buffer;
}

/** Capability flags that tests set. */
export const flags = {
  mysql: 1,
  connectWithDb: 0x8,
  compress: 0x20,
  localFiles: 0x80,
  protocol41: 0x200,
  ssl: 0x800,
  secureConnection: 0x8000,
  multiStatements: 0x10000,
  multiResults: 0x20000,
  pluginAuth: 0x80000,
  sessionTrack: 0x800000,
  deprecateEof: 0x1000000,
} as const;

export const usualFlags: number =
  flags.mysql |
  flags.connectWithDb |
  flags.localFiles |
  flags.protocol41 |
  flags.ssl |
  flags.secureConnection |
  flags.multiStatements |
  flags.multiResults |
  flags.pluginAuth;

/** A MySQL client for packets that no driver sends. It shares no code with the proxy. */
export class RawMysqlClient extends RawSocket {
  static async connect(proxy: LocalProxy): Promise<RawMysqlClient> {
    return new RawMysqlClient(proxy, await RawSocket.dial(proxy));
  }

  /** Connected, encrypted and logged in. */
  static async logIn(proxy: LocalProxy, capabilities: number = usualFlags): Promise<RawMysqlClient> {
    const client = await RawMysqlClient.connect(proxy);
    await client.nextPacket();
    await client.startTls();
    client.send(rawPacket(2, handshakeResponse(proxy, { capabilities })));
    await client.nextPacket();
    client.send(rawPacket(4, `${await signToken(proxy)}\0`));
    const outcome = await client.nextPacket();
    if (outcome.payload[0] !== 0) throw new Error(`the login failed: ${outcome.payload}`);
    return client;
  }

  /** Sends an SSLRequest, the packet after the greeting, and does the handshake. */
  async startTls(changes: TlsChanges = { servername: "localhost" }): Promise<void> {
    this.send(sslRequest());
    await this.secure(changes);
  }

  async nextPacket(): Promise<RawPacket> {
    const header = await this.take(4);
    const payload = await this.take(header.readUIntLE(0, 3));
    return { sequence: header.readUInt8(3), payload };
  }

  async packets(count: number): Promise<RawPacket[]> {
    const packets: RawPacket[] = [];
    while (packets.length < count) packets.push(await this.nextPacket());
    return packets;
  }
}

export function rawPacket(sequence: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(4);
  header.writeUIntLE(bytes.length, 0, 3);
  header.writeUInt8(sequence, 3);
  return Buffer.concat([header, bytes]);
}

/** A packet with a command and its argument. */
export function rawCommand(code: number, argument: Buffer | string = ""): Buffer {
  return rawPacket(0, Buffer.concat([Buffer.from([code]), Buffer.from(argument)]));
}

export function sslRequest(): Buffer {
  return rawPacket(1, handshakeHead(usualFlags));
}

export function handshakeResponse(
  proxy: LocalProxy,
  { capabilities = usualFlags, user = proxy.environment["RDS_PROXY_USER"] ?? "" } = {},
): Buffer {
  const database = proxy.environment["RDS_PROXY_DATABASE"] ?? "";
  return Buffer.concat([
    handshakeHead(capabilities),
    Buffer.from(`${user}\0`),
    Buffer.from([0]),
    ...((capabilities & flags.connectWithDb) === 0 ? [] : [Buffer.from(`${database}\0`)]),
    ...((capabilities & flags.pluginAuth) === 0 ? [] : [Buffer.from("mysql_native_password\0")]),
  ]);
}

function handshakeHead(capabilities: number): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(capabilities, 0);
  head.writeUInt32LE(2 ** 24, 4);
  head.writeUInt8(45, 8);
  return head;
}

/** Number, SQLSTATE and text of an error packet. */
export function errorOf({ sequence, payload }: RawPacket): {
  sequence: number;
  errno: number;
  sqlState: string;
  text: string;
} {
  if (payload[0] !== 0xff) throw new Error(`no error: ${payload.toString("hex").slice(0, 80)}`);
  return {
    sequence,
    errno: payload.readUInt16LE(1),
    sqlState: payload.toString("latin1", 4, 9),
    text: payload.toString("utf8", 9),
  };
}

/** The capabilities and the rest of a greeting that tests look at. */
export function greetingOf({ payload }: RawPacket): {
  version: string;
  connectionId: number;
  capabilities: number;
  extendedCapabilities: number;
  authPlugin: string;
} {
  const end = payload.indexOf(0);
  const at = end + 1;
  return {
    version: payload.toString("utf8", 1, end),
    connectionId: payload.readUInt32LE(at),
    capabilities: payload.readUInt16LE(at + 13) + payload.readUInt16LE(at + 18) * 0x10000,
    extendedCapabilities: payload.readUInt32LE(at + 27),
    authPlugin: payload.toString("latin1", at + 31 + 13, payload.length - 1),
  };
}
