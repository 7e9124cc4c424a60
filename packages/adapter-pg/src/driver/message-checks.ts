const HEADER_LENGTH = 5;
/** The length counts itself. */
const SHORTEST_LENGTH = 4;
const ERROR = "E".charCodeAt(0);
const NOTICE = "N".charCodeAt(0);
const AUTHENTICATION = "R".charCodeAt(0);
/** The longest ones repeat the statement that they are about. */
const LONGEST_CHECKED = 16 * 2 ** 20;

/**
 * Follows a server's messages, and looks at two kinds before node-postgres does: errors and notices, whose fields it reads
 * until one is empty, also where there is none; and requests of the login, which it answers as often as they come.
 *
 * Layout: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class MessageChecks {
  // Nothing is allocated per message, since every row of every result passes here.
  readonly #header = Buffer.alloc(HEADER_LENGTH);
  #headerLength = 0;
  /** Bytes of the present message that are still to come. */
  #missing = 0;
  #type: number | undefined;
  /** The pieces of a body that is looked at. */
  #body: Buffer[] | undefined;
  readonly #checkRequest: (code: number) => void;

  /** @param checkRequest called with the code of each authentication request; throws where it is not to be answered */
  constructor(checkRequest: (code: number) => void) {
    this.#checkRequest = checkRequest;
  }

  /**
   * Takes the next bytes as they come, cut anywhere.
   *
   * @throws Error where a message is malformed
   */
  check(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#missing === 0) offset = this.#readHeader(chunk, offset);
      else offset = this.#readBody(chunk, offset);
    }
  }

  #readHeader(chunk: Buffer, start: number): number {
    // Whole, but where a message is cut: copying costs more than all the rest.
    if (this.#headerLength === 0 && chunk.length - start >= HEADER_LENGTH) {
      this.#beginBody(chunk[start], chunk.readUInt32BE(start + 1));
      return start + HEADER_LENGTH;
    }
    // No more than there is room for.
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

/** Fields are a letter and a text each; after the last one comes a NUL, as after each text. */
function checkFields(body: Buffer): void {
  let offset = 0;
  while (body[offset] !== 0) {
    const end = body.indexOf(0, offset + 1);
    if (end === -1) throw new Error("an error does not end");
    offset = end + 1;
  }
}
