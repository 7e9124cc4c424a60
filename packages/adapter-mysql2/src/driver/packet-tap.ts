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
  /** The beginning of the present packet; between two packets, of the last one. */
  readonly #kept = Buffer.alloc(KEPT_LENGTH);
  #length = 0;
  #isInTransaction = false;
  #isAutocommitOff = false;
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

  /** Whether autocommit was off when an answer last said so. */
  get isAutocommitOff(): boolean {
    return this.#isAutocommitOff;
  }

  #readHeader(chunk: Buffer, start: number): number {
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
    if (length === 0) this.#finish();
  }

  #readPayload(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#missing);
    if (this.#length < KEPT_LENGTH) chunk.copy(this.#kept, this.#length, start, end);
    this.#length += end - start;
    this.#missing -= end - start;
    if (this.#missing === 0 && !this.#goesOn) this.#finish();
    return end;
  }

  #finish(): void {
    const status = statusOf(this.#kept, this.#length);
    this.#isInTransaction = status === undefined || (status & SERVER_STATUS_IN_TRANS) !== 0;
    if (status !== undefined) this.#isAutocommitOff = (status & SERVER_STATUS_AUTOCOMMIT) === 0;
    if (this.#kept[0] === ERR && this.#length >= 3) this.#onError(this.#kept.readUInt16LE(1));
  }
}

/** The status flags of an OK or EOF packet; undefined for all others. */
function statusOf(packet: Buffer, length: number): number | undefined {
  if (length === 0) return undefined;
  if (packet[0] === OK && length === PREPARE_OK_LENGTH) return undefined;
  if (packet[0] === EOF && length === EOF_LENGTH) return packet.readUInt16LE(3);
  if (packet[0] !== OK && packet[0] !== EOF) return undefined;
  const afterRows = skipLengthEncodedInteger(packet, 1);
  const afterId = skipLengthEncodedInteger(packet, afterRows);
  return afterId + 2 <= length ? packet.readUInt16LE(afterId) : undefined;
}

function skipLengthEncodedInteger(packet: Buffer, offset: number): number {
  switch (packet[offset]) {
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
