// Formats: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html

import type { ByteReader } from "../byte-reader.js";
import { ServerError } from "../upstream/server-error.js";

/** First bytes of the server's packets during a login. */
export const marker = { ok: 0, more: 1, nextFactor: 2, greeting: 10, switch: 0xfe, error: 0xff } as const;

/**
 * MySQL's capabilities.
 * Source: https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html
 */
export const capability = {
  longPassword: 1,
  connectWithDb: 0x8,
  protocol41: 0x200,
  ssl: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
  lenencAuth: 0x200000,
  multiFactor: 0x10000000,
} as const;

const HEADER_LENGTH = 4;

/** What was sent does not follow the protocol. */
export class MalformedPacket extends Error {}

/** A packet whose number is not the next one, as of a program that speaks another protocol. */
export class PacketOutOfOrder extends MalformedPacket {
  constructor() {
    super("a packet is out of order");
  }
}

/** The packets of one login. Both sides number them in turn. */
export class LoginPackets {
  readonly #reader: ByteReader;
  readonly #write: (bytes: Buffer) => void;
  readonly #longest: number;
  #sequence: number;

  /**
   * @param longest the longest payload in bytes
   * @param sequence the number of the next packet
   */
  constructor(reader: ByteReader, write: (bytes: Buffer) => void, longest: number, sequence: number = 0) {
    this.#reader = reader;
    this.#write = write;
    this.#longest = longest;
    this.#sequence = sequence;
  }

  /** The number of the next packet. */
  get sequence(): number {
    return this.#sequence;
  }

  /** @throws MalformedPacket for a packet that is out of order or too long */
  async read(): Promise<Buffer> {
    const header = await this.#reader.take(HEADER_LENGTH);
    const length = header.readUIntLE(0, 3);
    if (header[3] !== this.#sequence) throw new PacketOutOfOrder();
    if (length > this.#longest) throw new MalformedPacket("a packet is too long");
    this.#sequence = (this.#sequence + 1) % 256;
    return await this.#reader.take(length);
  }

  write(...parts: readonly (Buffer | string)[]): void {
    this.#write(this.encode(...parts));
  }

  encode(...parts: readonly (Buffer | string)[]): Buffer {
    const payload = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const header = Buffer.alloc(HEADER_LENGTH);
    header.writeUIntLE(payload.length, 0, 3);
    header.writeUInt8(this.#sequence, 3);
    this.#sequence = (this.#sequence + 1) % 256;
    return Buffer.concat([header, payload]);
  }
}

/** What begins the SQLSTATE of an error packet. */
const STATE_MARK = "#".charCodeAt(0);

/**
 * The payload of an error packet.
 *
 * @param state undefined for clients without protocol 4.1, and before the greeting, when a client's capabilities are not known
 */
export function encodeError(errno: number, state: string | undefined, message: string): Buffer {
  const head = Buffer.from([marker.error, errno & 0xff, errno >>> 8]);
  return Buffer.concat([head, Buffer.from(`${state === undefined ? "" : `#${state}`}${message}`)]);
}

/** The payload of an error packet for a client that has been greeted, from one that may have been sent before a greeting. */
export function withState(payload: Buffer): Buffer {
  if (payload[3] === STATE_MARK) return payload;
  return Buffer.concat([payload.subarray(0, 3), Buffer.from("#HY000"), payload.subarray(3)]);
}

/** The error of an error packet. A server that refuses a client before its greeting sends no SQLSTATE. */
export function serverError(payload: Buffer): ServerError {
  if (payload.length < 3) throw new MalformedPacket("an error packet is too short");
  const message = payload
    .subarray(3)
    .toString("utf8")
    .replace(/^#.{5}/, "");
  return new ServerError(String(payload.readUInt16LE(1)), message, payload);
}

/** Reads values from a payload one after the other. */
export class PayloadReader {
  readonly #payload: Buffer;
  #offset = 0;

  constructor(payload: Buffer) {
    this.#payload = payload;
  }

  bytes(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#payload.length) throw new MalformedPacket("a packet is too short");
    const bytes = this.#payload.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  uint8(): number {
    return this.bytes(1).readUInt8();
  }

  /** The bytes before the next NUL, which is skipped. */
  untilNul(): Buffer {
    const end = this.#payload.indexOf(0, this.#offset);
    if (end < 0) throw new MalformedPacket("a text does not end");
    const bytes = this.bytes(end - this.#offset);
    this.#offset += 1;
    return bytes;
  }

  /** A length-encoded string. Only lengths that fit in a login are read. */
  lengthEncoded(): Buffer {
    const first = this.uint8();
    if (first < 0xfb) return this.bytes(first);
    if (first !== 0xfc) throw new MalformedPacket("a text is too long");
    return this.bytes(this.bytes(2).readUInt16LE());
  }

  rest(): Buffer {
    return this.bytes(this.#payload.length - this.#offset);
  }
}
