// Formats: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html

import { ServerRefusal } from "../wire/server-refusal.js";
import { ProbeError, type Wire } from "../wire/wire.js";

/** First bytes of the server's packets. */
export const MARKER = { ok: 0, more: 1, switch: 0xfe, eof: 0xfe, error: 0xff } as const;

const HEADER_LENGTH = 4;

/** The packets of one connection. Both sides number them in turn. */
export class Packets {
  readonly #wire: Wire;
  #sequence = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  async read(): Promise<Buffer> {
    const header = await this.#wire.read(HEADER_LENGTH);
    this.#sequence = (header.readUInt8(3) + 1) % 256;
    return await this.#wire.read(header.readUIntLE(0, 3));
  }

  write(...parts: readonly (Buffer | string)[]): void {
    const payload = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const header = Buffer.alloc(HEADER_LENGTH);
    header.writeUIntLE(payload.length, 0, 3);
    header.writeUInt8(this.#sequence, 3);
    this.#sequence = (this.#sequence + 1) % 256;
    this.#wire.write(Buffer.concat([header, payload]));
  }

  /** A command begins with the number 0. */
  command(code: number, ...parts: readonly (Buffer | string)[]): void {
    this.#sequence = 0;
    this.write(Buffer.from([code]), ...parts);
  }
}

/** The error of an error packet. A server that refuses a client before its greeting sends no SQLSTATE. */
export function refusalIn(payload: Buffer): ServerRefusal {
  const message = payload
    .subarray(3)
    .toString("utf8")
    .replace(/^#.{5}/, "");
  return new ServerRefusal(String(payload.readUInt16LE(1)), message);
}

/** Reads values from a payload one after the other. */
export class PayloadReader {
  readonly #payload: Buffer;
  #offset: number;

  constructor(payload: Buffer, offset = 0) {
    this.#payload = payload;
    this.#offset = offset;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#payload.length;
  }

  bytes(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#payload.length) throw new ProbeError("the server sent a packet that is too short");
    const bytes = this.#payload.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  integer(length: number): number {
    return this.bytes(length).readUIntLE(0, length);
  }

  /** The bytes before the next NUL, or to the end. */
  untilNul(): Buffer {
    const found = this.#payload.indexOf(0, this.#offset);
    const end = found < 0 ? this.#payload.length : found;
    const bytes = this.bytes(end - this.#offset);
    this.#offset += 1;
    return bytes;
  }

  lengthEncodedInteger(): number {
    const first = this.integer(1);
    if (first < 0xfb) return first;
    return first === 0xfc ? this.integer(2) : this.integer(3);
  }

  /** A length-encoded text, or NULL. */
  text(): string | null {
    if (this.#payload[this.#offset] === 0xfb) {
      this.#offset += 1;
      return null;
    }
    return this.bytes(this.lengthEncodedInteger()).toString("utf8");
  }
}
