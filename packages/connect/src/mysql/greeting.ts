// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html

import { capability, MalformedPacket, marker, PayloadReader } from "./packets.js";

/** The challenge of a greeting without the NUL that follows it. */
export const SCRAMBLE_LENGTH = 20;

/** A server's greeting. */
export interface Greeting {
  readonly version: Buffer;
  readonly connectionId: Buffer;
  readonly scramble: Buffer;
  readonly capabilities: number;
  readonly charset: number;
  /** Status flags. */
  readonly status: Buffer;
  /** Ten bytes, in the last four of which MariaDB has capabilities of its own. */
  readonly reserved: Buffer;
  readonly plugin: string;
}

export function decodeGreeting(payload: Buffer): Greeting {
  const reader = new PayloadReader(payload);
  if (reader.uint8() !== marker.greeting) throw new MalformedPacket("no greeting of version 10");
  const version = reader.untilNul();
  const connectionId = reader.bytes(4);
  const firstPart = reader.bytes(8);
  reader.bytes(1);
  const lower = reader.bytes(2).readUInt16LE();
  const charset = reader.uint8();
  const status = reader.bytes(2);
  const capabilities = lower + reader.bytes(2).readUInt16LE() * 0x10000;
  const length = reader.uint8();
  const reserved = reader.bytes(10);
  const secondPart = reader.bytes(Math.max(13, length - 8));
  const rest = reader.rest();
  // MySQL before 5.5.10 does not end it by NUL.
  const nameEnd = rest.indexOf(0);
  return {
    version,
    connectionId,
    scramble: Buffer.concat([firstPart, secondPart]).subarray(0, SCRAMBLE_LENGTH),
    capabilities,
    charset,
    status,
    reserved,
    plugin: rest.toString("latin1", 0, nameEnd < 0 ? rest.length : nameEnd),
  };
}

export function encodeGreeting({
  version,
  connectionId,
  scramble,
  capabilities,
  charset,
  status,
  reserved,
  plugin,
}: Greeting): Buffer {
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(capabilities);
  return Buffer.concat([
    Buffer.from([marker.greeting]),
    version,
    Buffer.from([0]),
    connectionId,
    scramble.subarray(0, 8),
    Buffer.from([0]),
    flags.subarray(0, 2),
    Buffer.from([charset]),
    status,
    flags.subarray(2),
    Buffer.from([SCRAMBLE_LENGTH + 1]),
    reserved,
    scramble.subarray(8),
    Buffer.from([0]),
    ...((capabilities & capability.pluginAuth) === 0 ? [] : [Buffer.from(`${plugin}\0`)]),
  ]);
}

/** Whether a client that was greeted with the one can use a connection whose greeting is the other. */
export function areAlike(one: Greeting, other: Greeting): boolean {
  return (
    one.capabilities === other.capabilities &&
    one.version.equals(other.version) &&
    one.reserved.equals(other.reserved)
  );
}
