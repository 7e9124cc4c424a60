import type { BackslashReading } from "./text-literal.js";

const HEADER_LENGTH = 4;
/** A packet whose part is as long as this goes on in the next one, which may be empty. */
const LONGEST_PART = 0xff_ff_ff;
/** So far reaches an OK packet's status: a byte, two length-encoded integers of up to nine, two bytes. */
const KEPT_LENGTH = 21;

const EOF_LENGTH = 5;
/** A prepared statement's OK packet, which looks like a command's but means something else. */
const PREPARE_OK_LENGTH = 12;
const SERVER_STATUS_IN_TRANS = 1;
/** https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html, `SERVER_STATUS_flags_enum` */
export const SERVER_STATUS_AUTOCOMMIT = 2;
const SERVER_STATUS_NO_BACKSLASH_ESCAPES = 0x200;

const OK = 0x00;
const EOF = 0xfe;
const ERR = 0xff;

/**
 * Follows the packets that a server sends, to know what the last one said. mysql2 hands the status flags to results
 * only, not to whoever wants to know whether a transaction is open.
 *
 * Meant to be read when no command is under way: the last packet is then the one that ended an answer. Packet
 * layout: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
 */
export class PacketTap {
  // Nothing is allocated per packet, since every row of every result passes here.
  readonly #header = Buffer.alloc(HEADER_LENGTH);
  #headerLength = 0;
  /** Bytes of the present part that are still to come. */
  #missing = 0;
  #goesOn = false;
  /** The beginning of the present packet, where that comes in pieces. */
  readonly #kept = Buffer.alloc(KEPT_LENGTH);
  #length = 0;
  #isInTransaction = false;
  #isTransactionOpen = false;
  #isAutocommitOff = false;
  #backslash: BackslashReading = "unknown";
  readonly #onError: (errno: number) => void;

  /** @param onError called with the number of each error */
  constructor(onError: (errno: number) => void) {
    this.#onError = onError;
  }

  /** Takes the next bytes as they come, cut anywhere. */
  read(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#missing === 0) offset = this.#readHeader(chunk, offset);
      else offset = this.#readPayload(chunk, offset);
    }
  }

  /**
   * Whether the last answer may have left a transaction open. An error does not say, and neither does the answer to
   * preparing a statement, so both count as yes: one ROLLBACK too many harms nobody.
   */
  get isInTransaction(): boolean {
    return this.#isInTransaction;
  }

  /** Whether the last answer said that a transaction is open. */
  get isTransactionOpen(): boolean {
    return this.#isTransactionOpen;
  }

  /** Whether autocommit was off when an answer last said so. */
  get isAutocommitOff(): boolean {
    return this.#isAutocommitOff;
  }

  /** How the session reads a backslash between quotes, by what an answer last said. */
  get backslash(): BackslashReading {
    return this.#backslash;
  }

  #readHeader(chunk: Buffer, start: number): number {
    const end = start + HEADER_LENGTH;
    if (this.#headerLength === 0 && end <= chunk.length) {
      this.#beginPart(chunk.readUIntLE(start, 3));
      return end;
    }
    // No more than there is room for.
    const copied = chunk.copy(this.#header, this.#headerLength, start);
    this.#headerLength += copied;
    if (this.#headerLength === HEADER_LENGTH) this.#beginPart(this.#header.readUIntLE(0, 3));
    return start + copied;
  }

  #beginPart(length: number): void {
    this.#headerLength = 0;
    if (!this.#goesOn) this.#length = 0;
    this.#goesOn = length === LONGEST_PART;
    this.#missing = length;
    if (length === 0) this.#finish(this.#kept, 0);
  }

  #readPayload(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#missing);
    const isWhole = this.#length === 0 && end === start + this.#missing && !this.#goesOn;
    // Most packets come in one piece, and need not be put together.
    if (!isWhole && this.#length < KEPT_LENGTH) chunk.copy(this.#kept, this.#length, start, end);
    this.#length += end - start;
    this.#missing -= end - start;
    if (isWhole) this.#finish(chunk, start);
    else if (this.#missing === 0 && !this.#goesOn) this.#finish(this.#kept, 0);
    return end;
  }

  /** Looks at a packet that has ended, or at its beginning, which is at `start` of these bytes. */
  #finish(bytes: Buffer, start: number): void {
    const status = statusOf(bytes, start, this.#length);
    this.#isInTransaction = status === undefined || (status & SERVER_STATUS_IN_TRANS) !== 0;
    this.#isTransactionOpen = status !== undefined && this.#isInTransaction;
    if (status !== undefined) {
      this.#isAutocommitOff = (status & SERVER_STATUS_AUTOCOMMIT) === 0;
      this.#backslash = (status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) === 0 ? "escape" : "character";
    }
    if (bytes[start] === ERR && this.#length >= 3) this.#onError(bytes.readUInt16LE(start + 1));
  }
}

/** The status flags of an OK or EOF packet; undefined for all others. */
function statusOf(bytes: Buffer, start: number, length: number): number | undefined {
  if (length === 0) return undefined;
  const kind = bytes[start];
  if (kind === OK && length === PREPARE_OK_LENGTH) return undefined;
  if (kind === EOF && length === EOF_LENGTH) return bytes.readUInt16LE(start + 3);
  if (kind !== OK && kind !== EOF) return undefined;
  const afterRows = skipLengthEncodedInteger(bytes, start + 1);
  const afterId = skipLengthEncodedInteger(bytes, afterRows);
  return afterId + 2 <= start + length ? bytes.readUInt16LE(afterId) : undefined;
}

function skipLengthEncodedInteger(bytes: Buffer, offset: number): number {
  switch (bytes[offset]) {
    case 0xfc:
      return offset + 3;
    case 0xfd:
      return offset + 4;
    case 0xfe:
      return offset + 9;
    default:
      return offset + 1;
  }
}
