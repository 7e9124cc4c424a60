import type { ProxyStatement } from "../backend/backend.js";
import { Refusal } from "../refusal.js";
import type { TypedPiece } from "./message-splitter.js";
import { headerLength } from "./message-splitter.js";
import { decodeError, encodeMessage } from "./messages.js";

/** A statement of the proxy. */
export class ProxyQuery implements ProxyStatement<TypedPiece> {
  readonly request: Buffer;
  /** The server's first error, if any. */
  error: Refusal | undefined;
  /** The ParameterStatus messages in the reply. */
  parameterStatus: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];

  /** `request`: the text of a query, or whole messages that the server answers with one ReadyForQuery. */
  constructor(request: string | Buffer) {
    this.request = typeof request === "string" ? encodeMessage("Q", `${request}\0`) : request;
  }

  onReply({ type, bytes, isLast }: TypedPiece): boolean {
    if (type === "E") this.#addError(bytes, isLast);
    if (type === "S") this.parameterStatus = Buffer.concat([this.parameterStatus, bytes]);
    return type === "Z" && isLast;
  }

  #addError(bytes: Buffer, isLast: boolean): void {
    this.#parts.push(bytes);
    if (!isLast) return;
    const fields = decodeError(Buffer.concat(this.#parts).subarray(headerLength));
    this.error ??= new Refusal(fields.get("C") ?? "XX000", fields.get("M") ?? "");
    this.#parts = [];
  }
}
