import type { ByteReader } from "../bytes/byte-reader.js";
import { headerLength } from "./message-splitter.js";
import { protocolViolation } from "./refusals.js";

/** Maximum length of a message during a login, in bytes. */
export const longestLoginMessage: number = 64 * 1024;

/** A message during a login. */
export interface Message {
  readonly type: string;
  readonly body: Buffer;
}

/** Reads one message with a type: any message after the startup message. */
export async function readLoginMessage(source: Pick<ByteReader, "read">): Promise<Message> {
  const header = await source.read(headerLength);
  const length = header.readUInt32BE(1);
  if (length < 4 || length > longestLoginMessage) throw protocolViolation("invalid message length");
  return { type: String.fromCharCode(header.readUInt8(0)), body: await source.read(length - 4) };
}
