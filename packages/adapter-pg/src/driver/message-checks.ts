const HEADER_LENGTH = 5;
/** The length includes itself. */
const SHORTEST_LENGTH = 4;
const ERROR = "E".charCodeAt(0);
const NOTICE = "N".charCodeAt(0);
const AUTHENTICATION = "R".charCodeAt(0);
/** The longest errors contain the statement. */
const LONGEST_CHECKED = 16 * 2 ** 20;

/**
 * Checks two kinds of messages before node-postgres reads them. It reads the fields of errors and notices until an empty one,
 * even beyond the message's end; and it answers every authentication request, however often the server asks.
 *
 * Layout: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class MessageChecks {
  // Nothing is allocated per message, since every row of every result passes through here.
  readonly #header = Buffer.alloc(HEADER_LENGTH);
  #headerLength = 0;
  /** Bytes of the current message that have not arrived. */
  #missing = 0;
  #type: number | undefined;
  /** The chunks of a body that is checked. */
  #body: Buffer[] | undefined;
  readonly #checkRequest: (code: number) => void;

  /** @param checkRequest called with the code of each authentication request; throws if it must not be answered */
  constructor(checkRequest: (code: number) => void) {
    this.#checkRequest = checkRequest;
  }

  /**
   * @param chunk the next bytes, split anywhere
   * @throws Error if a message is malformed
   */
  check(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#missing === 0) offset = this.#readHeader(chunk, offset);
      else offset = this.#readBody(chunk, offset);
    }
  }

  #readHeader(chunk: Buffer, start: number): number {
    // Copying costs more than all the rest, so only a split header is copied.
    if (this.#headerLength === 0 && chunk.length - start >= HEADER_LENGTH) {
      this.#beginBody(chunk[start], chunk.readUInt32BE(start + 1));
      return start + HEADER_LENGTH;
    }
    const copied = chunk.copy(this.#header, this.#headerLength, start);
    this.#headerLength += copied;
    if (this.#headerLength < HEADER_LENGTH) return start + copied;
    this.#headerLength = 0;
    this.#beginBody(this.#header[0], this.#header.readUInt32BE(1));
    return start + copied;
  }

  #beginBody(type: number | undefined, length: number): void {
    if (length < SHORTEST_LENGTH) throw new Error(`its length is ${length}`);
    this.#missing = length - SHORTEST_LENGTH;
    this.#type = type;
    const isRead = type === ERROR || type === NOTICE || type === AUTHENTICATION;
    this.#body = isRead ? [] : undefined;
    if (isRead && this.#missing > LONGEST_CHECKED) throw new Error("a message is too long");
    if (isRead && this.#missing === 0) this.#checkBody(Buffer.alloc(0));
  }

  #readBody(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#missing);
    this.#missing -= end - start;
    this.#body?.push(chunk.subarray(start, end));
    if (this.#missing === 0 && this.#body) this.#checkBody(Buffer.concat(this.#body));
    return end;
  }

  #checkBody(body: Buffer): void {
    if (this.#type === AUTHENTICATION) this.#checkRequest(body.readUInt32BE(0));
    else checkFields(body);
  }
}

/** Each field is a letter and a NUL-terminated string. A NUL follows the last field. */
function checkFields(body: Buffer): void {
  let offset = 0;
  while (body[offset] !== 0) {
    const end = body.indexOf(0, offset + 1);
    if (end === -1) throw new Error("an error does not end");
    offset = end + 1;
  }
}
