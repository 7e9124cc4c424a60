import { longestHeldRequest } from "../conversation.js";
import type { TypedPiece } from "./message-splitter.js";

// Messages that the server may leave unanswered until a Sync or Flush: Parse, Bind, Describe, Execute, Close.
const openTypes = new Set(["P", "B", "D", "E", "C"]);

/** Keeps the messages of an extended request back until one that makes the server reply. */
export class RequestHold {
  #held: TypedPiece[] = [];
  #bytes = 0;

  /** The pieces that may go to the server, this one or not. */
  add(piece: TypedPiece): readonly TypedPiece[] {
    const isOpen = openTypes.has(piece.type) && piece.isFirst && piece.isLast;
    if (!isOpen && this.#held.length === 0) return [piece];
    this.#held.push(piece);
    this.#bytes += piece.bytes.length;
    if (isOpen && this.#bytes <= longestHeldRequest) return [];
    const released = this.#held;
    this.#held = [];
    this.#bytes = 0;
    return released;
  }
}
