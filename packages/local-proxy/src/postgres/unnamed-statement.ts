import { headerLength, type TypedPiece } from "./message-splitter.js";
import { encodeMessage } from "./messages.js";
import { ProxyQuery } from "./proxy-query.js";

const closeUnnamed = encodeMessage("C", "S\0");
const sync = encodeMessage("S");

interface Prepared {
  /** The Parse message. */
  readonly bytes: Buffer;
  /** How many Parse messages of the same request came before it. */
  readonly index: number;
  /** How many requests the server answers before this one; -1 when it has answered it. */
  requestsAhead: number;
}

/**
 * The unnamed prepared statement of a client, which lives until the next one or the next simple query. A server has one
 * per connection, so a client that gets another connection has to find its own there, or none.
 */
export class UnnamedStatement {
  #prepared: Prepared | undefined;
  // Parse messages of the client's current request, and those that the server has completed of its own.
  #parsed = 0;
  #completed = 0;
  // Whether the current backend has the client's statement, or none if the client has none.
  #isOnBackend = false;

  /** Whether the server had answered the request that prepared it when the current one began. */
  get isOfEarlierRequest(): boolean {
    return this.#prepared !== undefined && this.#prepared.requestsAhead < 0;
  }

  /** The client's next backend may have another client's statement. */
  leaveBackend(): void {
    this.#isOnBackend = false;
  }

  /** The statement of the proxy that the backend needs ahead of a request that begins with this piece, if any. */
  restore(piece: TypedPiece, isForgotten: boolean): ProxyQuery | undefined {
    if (this.#isOnBackend || piece.type === "Q" || isParseOfUnnamed(piece)) return undefined;
    this.#isOnBackend = true;
    const bytes = isForgotten ? undefined : this.#prepared?.bytes;
    return new ProxyQuery(Buffer.concat([bytes ?? closeUnnamed, sync]));
  }

  /** Records a complete message to the server; `requestsAhead` are those that the server has not answered. */
  onRequest(pieces: readonly TypedPiece[], requestsAhead: number): void {
    const [first] = pieces;
    switch (first?.type) {
      case "P":
        if (isParseOfUnnamed(first)) {
          this.#isOnBackend = true;
          const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
          this.#prepared = { bytes, index: this.#parsed, requestsAhead };
        }
        this.#parsed += 1;
        break;
      case "C":
        if (closeUnnamed.equals(first.bytes)) this.#prepared = undefined;
        break;
      case "Q":
        this.#isOnBackend = true;
        this.#prepared = undefined;
        this.#parsed = 0;
        break;
      case "F":
      case "S":
        this.#parsed = 0;
        break;
    }
  }

  /** Records a message from the server. */
  onReply(type: string): void {
    if (type === "1") this.#completed += 1;
    if (type === "E" && this.#prepared?.requestsAhead === 0 && this.#prepared.index >= this.#completed) {
      this.#prepared = undefined;
    }
    if (type !== "Z") return;
    this.#completed = 0;
    if (this.#prepared !== undefined) this.#prepared.requestsAhead -= 1;
  }
}

function isParseOfUnnamed({ type, bytes }: TypedPiece): boolean {
  return type === "P" && bytes[headerLength] === 0;
}
