import { PayloadReader } from "./payload-reader.js";

/** Maximum payload of a frame in bytes; a packet of that length or more continues in the next frame. */
export const longestFrame: number = 0xff_ff_ff;

/** First bytes of a server's reply packets. */
export const marker = { ok: 0x00, moreData: 0x01, localInfile: 0xfb, eof: 0xfe, error: 0xff } as const;

/** The commands that the proxy itself handles or sends. */
export const command = { sleep: 0x00, quit: 0x01, query: 0x03 } as const;

/** The content of an error packet. */
export interface ServerError {
  readonly errno: number;
  readonly sqlState: string;
  readonly text: string;
}

/** Encodes a packet of less than 16 MB: length, sequence number, payload. */
export function encodePacket(sequence: number, ...payload: readonly (Buffer | string)[]): Buffer {
  const parts = payload.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
  const header = Buffer.alloc(4);
  header.writeUIntLE(
    parts.reduce((sum, part) => sum + part.length, 0),
    0,
    3,
  );
  header.writeUInt8(sequence & 0xff, 3);
  return Buffer.concat([header, ...parts]);
}

/** Encodes a command and its argument. */
export function encodeCommand(code: number, argument = ""): Buffer {
  return encodePacket(0, Buffer.from([code]), argument);
}

/** Encodes an error packet for a client with protocol 4.1. */
export function encodeError(sequence: number, { errno, sqlState, text }: ServerError): Buffer {
  return encodePacket(sequence, Buffer.from([marker.error]), int16(errno), `#${sqlState}${text}`);
}

/** Decodes an error packet; an error in place of the greeting has no SQLSTATE. */
export function decodeError(payload: Buffer): ServerError {
  const fields = new PayloadReader(payload);
  fields.integer(1);
  const errno = fields.integer(2);
  const rest = fields.rest().toString("utf8");
  return rest.startsWith("#")
    ? { errno, sqlState: rest.slice(1, 6), text: rest.slice(6) }
    : { errno, sqlState: "HY000", text: rest };
}

/** Encodes a 16-bit number, little-endian. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** Encodes a 32-bit number, little-endian. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Encodes bytes with a length-encoded length. */
export function lengthEncodedBytes(bytes: Buffer): Buffer {
  const { length } = bytes;
  if (length < 0xfb) return Buffer.concat([Buffer.from([length]), bytes]);
  if (length <= 0xff_ff) return Buffer.concat([Buffer.from([0xfc]), int16(length), bytes]);
  const head = Buffer.from([0xfd, 0, 0, 0]);
  head.writeUIntLE(length, 1, 3);
  return Buffer.concat([head, bytes]);
}
