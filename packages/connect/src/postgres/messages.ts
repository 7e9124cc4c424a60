// Formats: https://www.postgresql.org/docs/current/protocol-message-formats.html

import type { ByteReader } from "../byte-reader.js";
import { ServerError } from "../upstream/server-error.js";

/** A message with its type. */
export interface Message {
  /** One letter. */
  readonly type: string;
  readonly body: Buffer;
  /** Type, length and body, as they came. */
  readonly raw: Buffer;
}

/** A message that is longer than it may be at this point. */
export class MessageTooLong extends Error {}

const HEADER_LENGTH = 5;

/** @param longest the longest body in bytes */
export async function readMessage(reader: ByteReader, longest: number): Promise<Message> {
  const header = await reader.take(HEADER_LENGTH);
  const length = header.readUInt32BE(1) - 4;
  if (length < 0 || length > longest) throw new MessageTooLong();
  const body = await reader.take(length);
  return { type: header.toString("latin1", 0, 1), body, raw: Buffer.concat([header, body]) };
}

export function encodeMessage(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const header = Buffer.alloc(HEADER_LENGTH);
  header.write(type, "latin1");
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** A message without a type, as a client sends it first. */
export function encodeUntyped(code: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const header = Buffer.alloc(8);
  header.writeUInt32BE(body.length + 8);
  header.writeUInt32BE(code, 4);
  return Buffer.concat([header, body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** An ErrorResponse that ends the connection. */
export function encodeFatal(
  code: string,
  message: string,
  { detail, hint }: { readonly detail?: string; readonly hint?: string } = {},
): Buffer {
  const fields = [
    ...[`SFATAL`, `VFATAL`, `C${code}`, `M${message}`],
    ...(detail === undefined ? [] : [`D${detail}`]),
    ...(hint === undefined ? [] : [`H${hint}`]),
  ];
  return encodeMessage("E", ...fields.map((field) => `${field}\0`), "\0");
}

/** An error as versions 1 and 2 of the protocol have it. */
export function encodeOldError(message: string): Buffer {
  return Buffer.from(`EFATAL:  ${message}\n\0`);
}

/** The error of an ErrorResponse. */
export function serverError({ body, raw }: Message): ServerError {
  const fields = body.toString("utf8").split("\0");
  const field = (letter: string): string | undefined =>
    fields.find((each) => each.startsWith(letter))?.slice(1);
  return new ServerError(field("C") ?? "", field("M") ?? "no message", raw, field("R"));
}
