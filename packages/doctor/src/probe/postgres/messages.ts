// Formats: https://www.postgresql.org/docs/current/protocol-message-formats.html

import { ServerRefusal } from "../wire/server-refusal.js";
import { ProbeError, type Wire } from "../wire/wire.js";

/** A message of the server. */
export interface Message {
  /** One letter. */
  readonly type: string;
  readonly body: Buffer;
}

const HEADER_LENGTH = 5;
/** The probe's answers have some hundred bytes. */
const LONGEST_MESSAGE = 2 ** 20;

export const SSL_REQUEST: Buffer = Buffer.concat([int32(8), int32((1234 << 16) | 5679)]);

/** Protocol versions 3.0 and 3.2, as in a startup message. */
export const VERSION_3_0: number = 3 << 16;
export const VERSION_3_2: number = (3 << 16) | 2;

export async function readMessage(wire: Wire): Promise<Message> {
  const header = await wire.read(HEADER_LENGTH);
  const length = header.readUInt32BE(1) - 4;
  if (length < 0 || length > LONGEST_MESSAGE)
    throw new ProbeError("the server does not speak PostgreSQL's protocol");
  return { type: header.toString("latin1", 0, 1), body: await wire.read(length) };
}

export function encodeMessage(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(type, "latin1"), int32(body.length + 4), body]);
}

export function encodeStartup(version: number, parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join("")}\0`);
  return Buffer.concat([int32(body.length + 8), int32(version), body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function refusalIn({ body }: Message): ServerRefusal {
  const fields = body.toString("utf8").split("\0");
  const field = (letter: string): string | undefined =>
    fields.find((each) => each.startsWith(letter))?.slice(1);
  return new ServerRefusal(field("C") ?? "", field("M") ?? "no message");
}

/** The values of a DataRow. */
export function valuesIn({ body }: Message): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(); left > 0; left--) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString("utf8", at, at + Math.max(0, length)));
    at += Math.max(0, length);
  }
  return values;
}

/** The name and value of a ParameterStatus. */
export function parameterIn({ body }: Message): readonly [name: string, value: string] {
  const [name = "", value = ""] = body.toString("utf8").split("\0");
  return [name, value];
}
