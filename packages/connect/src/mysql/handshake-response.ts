// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html

import { capability, PayloadReader } from "./packets.js";

/** Flags, longest packet, character set and filler, where MariaDB's clients have capabilities of their own. */
const HEAD_LENGTH = 32;

/** A client's answer to the greeting. */
export interface HandshakeResponse {
  readonly flags: number;
  /** The first 32 bytes. */
  readonly head: Buffer;
  readonly user: Buffer;
  readonly answer: Buffer;
  /** Undefined if the client names none. */
  readonly database: Buffer | undefined;
  /** Undefined for a client that knows no other methods than mysql_native_password. */
  readonly plugin: string | undefined;
  /** Attributes of the connection, and the level of compression. */
  readonly rest: Buffer;
}

/** The flags of a HandshakeResponse or SSLRequest. */
export function flagsOf(payload: Buffer): number {
  return new PayloadReader(payload).bytes(4).readUInt32LE();
}

export function has(flags: number, name: keyof typeof capability): boolean {
  return (flags & capability[name]) !== 0;
}

export function decodeHandshakeResponse(payload: Buffer): HandshakeResponse {
  const reader = new PayloadReader(payload);
  const head = reader.bytes(HEAD_LENGTH);
  const flags = head.readUInt32LE();
  const user = reader.untilNul();
  const answer = has(flags, "lenencAuth")
    ? reader.lengthEncoded()
    : has(flags, "secureConnection")
      ? reader.bytes(reader.uint8())
      : reader.untilNul();
  const database = has(flags, "connectWithDb") ? reader.untilNul() : undefined;
  const plugin = has(flags, "pluginAuth") ? reader.untilNul().toString("latin1") : undefined;
  return { flags, head, user, answer, database, plugin, rest: reader.rest() };
}

/** The response with which the listener logs in for a client: the client's own but for the proof of the password. */
export function encodeUpstreamResponse(
  client: HandshakeResponse,
  plugin: string,
  answer: Buffer,
): { sslRequest: Buffer; response: Buffer } {
  // A method by name is needed for tokens. These flags concern the login only.
  const added = capability.ssl | capability.pluginAuth | capability.secureConnection;
  const flags = ((client.flags | added) & ~capability.multiFactor) >>> 0;
  const head = Buffer.from(client.head);
  head.writeUInt32LE(flags);
  const response = Buffer.concat([
    head,
    client.user,
    // Both forms have one byte for the length: an answer has at most 32 bytes.
    Buffer.from([0, answer.length]),
    answer,
    ...(client.database === undefined ? [] : [client.database, Buffer.from([0])]),
    Buffer.from(`${plugin}\0`),
    client.rest,
  ]);
  return { sslRequest: head, response };
}

/** A response of this program's own connections. */
export function ownResponse(user: string, database: string | undefined): HandshakeResponse {
  const flags =
    capability.longPassword |
    capability.protocol41 |
    capability.transactions |
    capability.secureConnection |
    capability.pluginAuth |
    (database === undefined ? 0 : capability.connectWithDb);
  const head = Buffer.alloc(HEAD_LENGTH);
  head.writeUInt32LE(flags);
  head.writeUInt32LE(2 ** 24, 4);
  // utf8mb4_general_ci
  head.writeUInt8(45, 8);
  return {
    flags,
    head,
    user: Buffer.from(user),
    answer: Buffer.alloc(0),
    database: database === undefined ? undefined : Buffer.from(database),
    plugin: undefined,
    rest: Buffer.alloc(0),
  };
}
