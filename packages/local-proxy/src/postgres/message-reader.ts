import { type ClientMessage, keptTextBytes } from "../client/client-message.js";
import { headerLength, type TypedPiece } from "./message-splitter.js";

// Maximum length of the names ahead of bound values; longer names are cut off.
const keptNameBytes = 1024;

// A FunctionCall begins with the function's object id.
const idBytes = 4;

const messageNames: Readonly<Record<string, string>> = {
  Q: "Query",
  P: "Parse",
  B: "Bind",
  D: "Describe",
  E: "Execute",
  C: "Close",
  H: "Flush",
  S: "Sync",
  F: "FunctionCall",
  d: "CopyData",
  c: "CopyDone",
  f: "CopyFail",
  X: "Terminate",
};

// How much of a message is kept, by type; of the others nothing.
const keptBytes: Readonly<Record<string, number>> = {
  Q: keptTextBytes,
  P: keptTextBytes,
  B: keptNameBytes,
  D: keptNameBytes,
  C: keptNameBytes,
  F: idBytes,
};

/** Assembles a client's messages, without bound values. */
export class MessageReader {
  readonly #decode: (bytes: Buffer) => string;
  #parts: Buffer[] = [];
  #keptBytes = 0;
  #bytes = 0;

  /** `decode`: reads a text in the client's encoding. */
  constructor(decode: (bytes: Buffer) => string) {
    this.#decode = decode;
  }

  /** Returns the message that ends with this piece, if one does. */
  add(piece: TypedPiece): ClientMessage | undefined {
    const { type, bytes } = piece;
    this.#bytes += bytes.length;
    const start = piece.isFirst ? headerLength : 0;
    const kept = bytes.subarray(start, start + (keptBytes[type] ?? 0) - this.#keptBytes);
    if (kept.length > 0) this.#parts.push(kept);
    this.#keptBytes += kept.length;
    if (!piece.isLast) return undefined;
    const body = Buffer.concat(this.#parts);
    const whole = { bytes: this.#bytes, bodyBytes: this.#bytes - headerLength };
    this.#parts = [];
    this.#keptBytes = 0;
    this.#bytes = 0;
    return { type: messageNames[type] ?? type, textBytes: 0, ...describe(type, body, whole, this.#decode) };
  }
}

function describe(
  type: string,
  body: Buffer,
  { bytes, bodyBytes }: { bytes: number; bodyBytes: number },
  decode: (bytes: Buffer) => string,
): Omit<ClientMessage, "type" | "textBytes"> & { textBytes?: number } {
  const [first = "", second = ""] = decode(body).split("\0", 2);
  switch (type) {
    case "Q":
      return { bytes, text: first, textBytes: bodyBytes - 1 };
    case "P": {
      const start = body.indexOf(0) + 1;
      const end = body.indexOf(0, start);
      return { bytes, statementName: first, text: second, textBytes: (end < 0 ? bodyBytes : end) - start };
    }
    case "B":
      return { bytes, portalName: first, statementName: second };
    case "D":
    case "C":
      // "S" for a statement, "P" for a portal.
      return first.startsWith("S") ? { bytes, statementName: first.slice(1) } : { bytes };
    case "F":
      return body.length === idBytes ? { bytes, functionId: body.readUInt32BE(0) } : { bytes };
    default:
      return { bytes };
  }
}
