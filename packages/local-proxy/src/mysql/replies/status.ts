import { longestFrame, marker } from "../messages.js";
import { PayloadReader } from "../payload-reader.js";
import type { ReplyForm, ReplyPacket } from "./phase.js";

/** A server's status flags. */
export const status = {
  inTransaction: 0x0001,
  autocommit: 0x0002,
  moreResults: 0x0008,
  cursorExists: 0x0040,
  noBackslashEscapes: 0x0200,
} as const;

// 0xfe, two bytes of warnings, two of status. OK packets are longer.
const eofLength = 5;

/** Reads the status flags of an OK or EOF packet. */
export function readStatus({ head, firstFrameLength }: ReplyPacket): number {
  const fields = new PayloadReader(head);
  fields.integer(1);
  if (firstFrameLength === eofLength) {
    fields.integer(2);
  } else {
    fields.lengthEncoded();
    fields.lengthEncoded();
  }
  return fields.integer(2);
}

export function isError({ head }: ReplyPacket): boolean {
  return head[0] === marker.error;
}

/** Whether this packet ends rows or definitions. A row that begins with the same byte is longer. */
export function isEnd({ head, firstFrameLength }: ReplyPacket, { deprecatesEof }: ReplyForm): boolean {
  return head[0] === marker.eof && firstFrameLength < (deprecatesEof ? longestFrame : 9);
}
