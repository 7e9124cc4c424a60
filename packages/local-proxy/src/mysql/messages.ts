import { PayloadReader } from "./payload-reader.js";

/** Most bytes of payload in one frame; a packet of that length or more goes on in the next frame. */
export const longestFrame: number = 0xff_ff_ff;

/** First bytes of packets that a server answers with. */
export const marker = { ok: 0x00, moreData: 0x01, localInfile: 0xfb, eof: 0xfe, error: 0xff } as const;

/** First bytes of the requests that the proxy itself has to do with. */
export const command = { sleep: 0x00, quit: 0x01, query: 0x03 } as const;

/** What an error packet holds. */
export interface ServerError {
  readonly errno: number;
  readonly sqlState: string;
  readonly text: string;
}

/** A packet of less than 16 MB as the protocol frames it: length, sequence number, payload. */
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

/** A request that consists of a command and an argument. */
export function encodeCommand(code: number, argument = ""): Buffer {
  return encodePacket(0, Buffer.from([code]), argument);
}

/** An error as a client of protocol 4.1 or newer gets it. */
export function encodeError(sequence: number, { errno, sqlState, text }: ServerError): Buffer {
  return encodePacket(sequence, Buffer.from([marker.error]), int16(errno), `#${sqlState}${text}`);
}

/** Reads an error packet; what comes ahead of the greeting has no SQLSTATE. */
export function decodeError(payload: Buffer): ServerError {
  const fields = new PayloadReader(payload);
  fields.integer(1);
  const errno = fields.integer(2);
  const rest = fields.rest().toString("utf8");
  return rest.startsWith("#")
    ? { errno, sqlState: rest.slice(1, 6), text: rest.slice(6) }
    : { errno, sqlState: "HY000", text: rest };
}

/** A number as the protocol writes it: 16 bits, little-endian. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** The same, of 32 bits. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Bytes with their length ahead. */
export function lengthEncodedBytes(bytes: Buffer): Buffer {
  const { length } = bytes;
  if (length < 0xfb) return Buffer.concat([Buffer.from([length]), bytes]);
  if (length <= 0xff_ff) return Buffer.concat([Buffer.from([0xfc]), int16(length), bytes]);
  const head = Buffer.from([0xfd, 0, 0, 0]);
  head.writeUIntLE(length, 1, 3);
  return Buffer.concat([head, bytes]);
}
