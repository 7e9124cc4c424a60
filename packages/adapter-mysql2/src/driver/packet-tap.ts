import type { BackslashReading } from "./text-literal.js";

const HEADER_LENGTH = 4;
/** A packet with a part of this length continues in another part, which may be empty. */
const LONGEST_PART = 0xff_ff_ff;
/** Bytes up to the end of an OK packet's status: a byte, two length-encoded integers of up to nine bytes, two bytes. */
const KEPT_LENGTH = 21;

const EOF_LENGTH = 5;
/** One ends the columns of a result, another one its rows. */
const EOFS_PER_RESULT = 2;
/** The OK packet of COM_STMT_PREPARE, which has another layout than others. */
const PREPARE_OK_LENGTH = 12;
const SERVER_STATUS_IN_TRANS = 1;
/** https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html, `SERVER_STATUS_flags_enum` */
export const SERVER_STATUS_AUTOCOMMIT = 2;
const SERVER_STATUS_NO_BACKSLASH_ESCAPES = 0x200;

const OK = 0x00;
const EOF = 0xfe;
const ERR = 0xff;
const NULL = 0xfb;
/** What a length-encoded integer of two bytes begins with. */
const COUNT_OF_2_BYTES = 0xfc;

/**
 * Follows the server's packets and keeps the status flags of the last one, which mysql2 makes part of results only.
 *
 * Read the properties when no command is running: the last packet then ended an answer. Packet layout: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
 */
export class PacketTap {
  // Nothing is allocated per packet, since every row of every result passes through here.
  readonly #header = Buffer.alloc(HEADER_LENGTH);
  #headerLength = 0;
  /** Bytes of the current part that have not arrived. */
  #missing = 0;
  #goesOn = false;
  /** The beginning of the current packet, if it arrives in several chunks. */
  readonly #kept = Buffer.alloc(KEPT_LENGTH);
  #length = 0;
  /** EOF packets of the current result that have not arrived. */
  #missingEofs = 0;
  #isInTransaction = false;
  #isTransactionOpen = false;
  #isAutocommitOff = false;
  #backslash: BackslashReading = "unknown";
  readonly #onError: (errno: number) => void;

  /** @param onError called with the number of each error */
  constructor(onError: (errno: number) => void) {
    this.#onError = onError;
  }

  /** @param chunk the next bytes, split anywhere */
  read(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#missing === 0) offset = this.#readHeader(chunk, offset);
      else offset = this.#readPayload(chunk, offset);
    }
  }

  /**
   * Whether a transaction may be open after the last answer. True also after an error and after a prepared statement, whose
   * answers do not say it: a redundant ROLLBACK is harmless.
   */
  get isInTransaction(): boolean {
    return this.#isInTransaction;
  }

  /** Whether the last answer said that a transaction is open. */
  get isTransactionOpen(): boolean {
    return this.#isTransactionOpen;
  }

  /** Whether autocommit was off by the last answer that contains the status. */
  get isAutocommitOff(): boolean {
    return this.#isAutocommitOff;
  }

  /** How the session reads a backslash in a quoted string, by the last answer that contains the status. */
  get backslash(): BackslashReading {
    return this.#backslash;
  }

  #readHeader(chunk: Buffer, start: number): number {
    const end = start + HEADER_LENGTH;
    if (this.#headerLength === 0 && end <= chunk.length) {
      this.#beginPart(chunk.readUIntLE(start, 3));
      return end;
    }
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
    // Most packets arrive in one chunk and need not be copied.
    if (!isWhole) chunk.copy(this.#kept, this.#length, start, end);
    this.#length += end - start;
    this.#missing -= end - start;
    if (isWhole) this.#finish(chunk, start);
    else if (this.#missing === 0 && !this.#goesOn) this.#finish(this.#kept, 0);
    return end;
  }

  /** Reads a complete packet, or the kept beginning of a long one, at `start`. */
  #finish(bytes: Buffer, start: number): void {
    // A row may look like an OK, and its bytes are the user's.
    const status = this.#followResult(bytes, start) ? undefined : statusOf(bytes, start, this.#length);
    this.#isInTransaction = status === undefined || (status & SERVER_STATUS_IN_TRANS) !== 0;
    this.#isTransactionOpen = status !== undefined && this.#isInTransaction;
    if (status !== undefined) {
      this.#isAutocommitOff = (status & SERVER_STATUS_AUTOCOMMIT) === 0;
      this.#backslash = (status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) === 0 ? "escape" : "character";
    }
    if (bytes[start] === ERR && this.#length >= 3) this.#onError(bytes.readUInt16LE(start + 1));
  }

  /** Counts the EOF packets of a result. Returns whether this packet is its number of columns, a column or a row. */
  #followResult(bytes: Buffer, start: number): boolean {
    if (this.#missingEofs === 0) {
      if (!isColumnCount(bytes, start, this.#length)) return false;
      this.#missingEofs = EOFS_PER_RESULT;
      return true;
    }
    const kind = bytes[start];
    if (kind === EOF && this.#length === EOF_LENGTH) this.#missingEofs--;
    // A row that begins with 0xfe has a text of 16 MB or more.
    else if (kind === ERR || (kind === EOF && this.#length < LONGEST_PART)) this.#missingEofs = 0;
    else return true;
    return false;
  }
}

/** Whether an answer begins with this packet and has rows. The definition of a column is longer. */
function isColumnCount(bytes: Buffer, start: number, length: number): boolean {
  const kind = bytes[start] ?? OK;
  return kind === COUNT_OF_2_BYTES ? length === 3 : kind !== OK && kind < NULL && length === 1;
}

/** The status flags of an OK or EOF packet; undefined for other packets. */
function statusOf(bytes: Buffer, start: number, length: number): number | undefined {
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
