import type { RecordedMessage } from "../recorded-message.js";
import { commands, refusedCommands } from "./commands.js";
import type { PacketPiece } from "./message-splitter.js";

// A statement's text is kept up to this length; bound values never are.
const keptBytes = 64 * 1024;
// Ahead of the text: the frame's header and the command.
const textOffset = 5;

/** Puts one client's commands together. */
export class MessageRecorder {
  #parts: Buffer[] = [];
  #byteCount = 0;
  #type = "";
  #hasText = false;

  /** The command that ends with this piece; `undefined` when none does. */
  add(piece: PacketPiece): Omit<RecordedMessage, "connection"> | undefined {
    if (piece.isFirst) this.#begin(piece);
    if (this.#hasText) this.#keep(piece.isFirst ? piece.bytes.subarray(textOffset) : piece.bytes);
    if (!piece.isLast) return undefined;
    const type = this.#type;
    return this.#hasText ? { type, text: Buffer.concat(this.#parts).toString("utf8") } : { type };
  }

  #begin({ head }: PacketPiece): void {
    const code = head[0] ?? 0;
    const command = commands.get(code);
    this.#type = command?.name ?? refusedCommands.get(code) ?? `0x${code.toString(16).padStart(2, "0")}`;
    this.#hasText = command?.hasText === true;
    this.#parts = [];
    this.#byteCount = 0;
  }

  #keep(bytes: Buffer): void {
    const kept = bytes.subarray(0, keptBytes - this.#byteCount);
    this.#parts.push(kept);
    this.#byteCount += kept.length;
  }
}
