import type { RecordedMessage } from "../recorded-message.js";
import { headerLength, type TypedPiece } from "./message-splitter.js";

// A statement's text is kept up to this length; bound values never are.
const keptBytes = 64 * 1024;

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

/** Puts one client's messages together. */
export class MessageRecorder {
  #parts: Buffer[] = [];
  #byteCount = 0;

  /** The message that ends with this piece; `undefined` when none does. */
  add(piece: TypedPiece): Omit<RecordedMessage, "connection"> | undefined {
    const start = piece.isFirst ? headerLength : 0;
    const bytes = piece.bytes.subarray(start, start + keptBytes - this.#byteCount);
    this.#parts.push(bytes);
    this.#byteCount += bytes.length;
    if (!piece.isLast) return undefined;
    const body = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#byteCount = 0;
    return { type: messageNames[piece.type] ?? piece.type, ...describe(piece.type, body) };
  }
}

function describe(type: string, body: Buffer): Pick<RecordedMessage, "text" | "statementName"> {
  const [first = "", second = ""] = body.toString("utf8").split("\0", 2);
  switch (type) {
    case "Q":
      return { text: first };
    case "P":
      return { statementName: first, text: second };
    case "B":
      return { statementName: second };
    case "D":
    case "C":
      // Of a statement ("S") or of a portal ("P").
      return first.startsWith("S") ? { statementName: first.slice(1) } : {};
    default:
      return {};
  }
}
