import { type ClientMessage, keptTextBytes } from "../client/client-message.js";
import { commands, refusedCommands } from "./commands.js";
import type { PacketPiece } from "./message-splitter.js";

// The frame's header and the command come before the text.
const textOffset = 5;

/** Assembles a client's commands, without bound values. */
export class MessageReader {
  readonly #decode: (bytes: Buffer) => string;
  #parts: Buffer[] = [];
  #keptBytes = 0;
  #bytes = 0;
  #type = "";
  #hasText = false;

  /** `decode`: reads a text in the client's character set. */
  constructor(decode: (bytes: Buffer) => string) {
    this.#decode = decode;
  }

  /** Returns the command that ends with this piece, if one does. */
  add(piece: PacketPiece): ClientMessage | undefined {
    if (piece.isFirst) this.#begin(piece);
    this.#bytes += piece.bytes.length;
    if (this.#hasText) this.#keep(piece.isFirst ? piece.bytes.subarray(textOffset) : piece.bytes);
    if (!piece.isLast) return undefined;
    const message = { type: this.#type, bytes: this.#bytes };
    if (!this.#hasText) return { ...message, textBytes: 0 };
    const text = this.#decode(Buffer.concat(this.#parts));
    this.#parts = [];
    return { ...message, text, textBytes: this.#bytes - textOffset };
  }

  #begin({ head }: PacketPiece): void {
    const code = head[0] ?? 0;
    const command = commands.get(code);
    this.#type = command?.name ?? refusedCommands.get(code) ?? `0x${code.toString(16).padStart(2, "0")}`;
    this.#hasText = command?.hasText === true;
    this.#parts = [];
    this.#keptBytes = 0;
    this.#bytes = 0;
  }

  #keep(bytes: Buffer): void {
    const kept = bytes.subarray(0, keptTextBytes - this.#keptBytes);
    if (kept.length > 0) this.#parts.push(kept);
    this.#keptBytes += kept.length;
  }
}
