import type { Socket } from "node:net";
import type { Engine } from "@rds-proxy/core";
import { type Deadline, within } from "@rds-proxy/core/adapter";

/** What a server answers to a request for TLS. */
export type TlsAnswer =
  | { readonly answer: "agreed"; readonly serverVersion?: string }
  /** The server has TLS switched off. */
  | { readonly answer: "no TLS"; readonly serverVersion?: string }
  /** The server sent an error, such as MySQL's 1040, too many connections. */
  | { readonly answer: "error"; readonly message: string; readonly code: string }
  /** The first bytes belong to another protocol. */
  | { readonly answer: "other protocol"; readonly looksLike: string }
  | { readonly answer: "silence" }
  | { readonly answer: "closed" };

// https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest: its length, then 1234 and 5679.
const POSTGRES_SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

// https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html
const CLIENT_PROTOCOL_41 = 0x200;
const CLIENT_SSL = 0x800;
const CLIENT_SECURE_CONNECTION = 0x8000;
const CLIENT_PLUGIN_AUTH = 0x80000;

/** Requests TLS. After `agreed`, the TLS handshake can begin on the socket. */
export async function requestTls(socket: Socket, engine: Engine, deadline: Deadline): Promise<TlsAnswer> {
  const received = receive(socket);
  try {
    const answer = engine === "postgres" ? askPostgres(socket, received) : askMysql(socket, received);
    return await within(answer, deadline, () => new Silence());
  } catch (error) {
    if (error instanceof Silence) return { answer: "silence" };
    throw error;
  } finally {
    received.stop();
  }
}

class Silence extends Error {}

async function askPostgres(socket: Socket, received: Received): Promise<TlsAnswer> {
  socket.write(POSTGRES_SSL_REQUEST);
  const bytes = await received.atLeast(1);
  if (bytes.length === 0) return { answer: "closed" };
  switch (String.fromCharCode(bytes[0] ?? 0)) {
    case "S":
      if (bytes.length === 1) return { answer: "agreed" };
      break;
    case "N":
      if (bytes.length === 1) return { answer: "no TLS" };
      break;
    case "E":
      return postgresError(bytes);
  }
  return { answer: "other protocol", looksLike: looksLike(bytes) };
}

/** The fields of an ErrorResponse: a letter, text, NUL. */
function postgresError(bytes: Buffer): TlsAnswer {
  const fields = bytes.subarray(5).toString("utf8").split("\0");
  const field = (letter: string): string => fields.find((each) => each.startsWith(letter))?.slice(1) ?? "";
  return { answer: "error", message: field("M"), code: field("C") };
}

async function askMysql(socket: Socket, received: Received): Promise<TlsAnswer> {
  const head = await received.atLeast(5);
  if (head.length === 0) return { answer: "closed" };
  const length = head.readUIntLE(0, Math.min(3, head.length));
  // A greeting has about a hundred bytes.
  if (length > 1024) return { answer: "other protocol", looksLike: looksLike(head) };
  const packet = await received.atLeast(4 + length);
  if (packet.length < 4 + length) return { answer: "closed" };
  const payload = packet.subarray(4, 4 + length);
  if (payload[0] === 0xff) return mysqlError(payload);
  if (payload[0] !== 10) return { answer: "other protocol", looksLike: looksLike(packet) };

  const versionEnd = payload.indexOf(0, 1);
  // After the version: thread id, eight bytes of the challenge, one filler byte.
  const capabilitiesAt = versionEnd + 1 + 4 + 8 + 1;
  if (versionEnd < 0 || payload.length < capabilitiesAt + 2) {
    return { answer: "other protocol", looksLike: looksLike(packet) };
  }
  const serverVersion = payload.toString("latin1", 1, versionEnd);
  const capabilities = payload.readUInt16LE(capabilitiesAt);
  if ((capabilities & CLIENT_SSL) === 0) return { answer: "no TLS", serverVersion };
  socket.write(mysqlSslRequest());
  return { answer: "agreed", serverVersion };
}

function mysqlError(payload: Buffer): TlsAnswer {
  const message = payload
    .subarray(3)
    .toString("utf8")
    .replace(/^#.{5}/, "");
  return { answer: "error", message, code: String(payload.readUInt16LE(1)) };
}

// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html
function mysqlSslRequest(): Buffer {
  const packet = Buffer.alloc(4 + 32);
  packet.writeUIntLE(32, 0, 3);
  packet.writeUInt8(1, 3);
  packet.writeUInt32LE(CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH, 4);
  packet.writeUInt32LE(2 ** 24, 8);
  // utf8mb4_general_ci
  packet.writeUInt8(45, 12);
  return packet;
}

/** Guesses the protocol from the first bytes. */
function looksLike(bytes: Buffer): string {
  if (bytes[3] === 0 && (bytes[4] === 10 || bytes[4] === 0xff)) return "MySQL or MariaDB";
  if (/^HTTP\//.test(bytes.toString("latin1"))) return "HTTP";
  if (/^SSH-/.test(bytes.toString("latin1"))) return "SSH";
  return "something else";
}

/** The bytes that a socket receives, until `stop`. */
interface Received {
  /** All bytes so far, as soon as there are `count`; fewer if the server closed the connection. */
  atLeast(count: number): Promise<Buffer>;
  stop(): void;
}

function receive(socket: Socket): Received {
  let bytes: Buffer = Buffer.alloc(0);
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const onEnd = (): void => {
    isOver = true;
    changed.resolve();
  };
  socket.on("data", onData);
  socket.on("close", onEnd);
  socket.on("end", onEnd);
  return {
    async atLeast(count) {
      while (bytes.length < count && !isOver) await changed.promise;
      return bytes;
    },
    stop() {
      socket.off("data", onData);
      socket.off("close", onEnd);
      socket.off("end", onEnd);
      socket.pause();
    },
  };
}
