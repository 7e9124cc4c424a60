import type { ProxyStatement } from "../backend/backend.js";
import { Refusal } from "../refusal.js";
import { commands } from "./commands.js";
import type { PacketPiece } from "./message-splitter.js";
import { command, decodeError, encodeCommand, marker } from "./messages.js";
import { PayloadReader } from "./payload-reader.js";
import type { ReplyForm } from "./replies/phase.js";
import { isEnd } from "./replies/status.js";
import { RequestTracker } from "./request-tracker.js";

const headerLength = 4;

/** A statement of the proxy. Its rows, if any, have two columns: a name and a value. */
export class ProxyQuery implements ProxyStatement<PacketPiece> {
  readonly request: Buffer;
  /** The values by name; `undefined` for NULL. */
  readonly rows: Map<string, Buffer | undefined> = new Map();
  /** The server's first error, if any. */
  error: Refusal | undefined;
  readonly #form: ReplyForm;
  readonly #requests: RequestTracker;
  #first: PacketPiece | undefined;
  #parts: Buffer[] = [];
  // Number of packets before the first row; `undefined` before the first packet.
  #ahead: number | undefined;

  constructor(text: string, form: ReplyForm) {
    this.request = encodeCommand(command.query, text);
    this.#form = form;
    this.#requests = new RequestTracker(form);
    this.#requests.onCommand(commands.get(command.query));
  }

  onReply(piece: PacketPiece): boolean {
    if (piece.isFirst) {
      this.#first = piece;
      this.#parts = [];
    }
    this.#parts.push(piece.bytes);
    if (!piece.isLast || this.#first === undefined) return false;
    this.#onPacket(this.#first, Buffer.concat(this.#parts).subarray(headerLength));
    this.#requests.onReplyPacket(this.#first);
    return this.#requests.isAnswered;
  }

  #onPacket(first: PacketPiece, payload: Buffer): void {
    if (payload[0] === marker.error) {
      const { sqlState, text, errno } = decodeError(payload);
      this.error ??= new Refusal(sqlState, text, errno);
    } else if (this.#ahead === undefined) {
      // An OK, or the number of columns. Their definitions follow, and an EOF packet unless that is deprecated.
      this.#ahead = payload[0] === marker.ok ? 0 : (payload[0] ?? 0) + Number(!this.#form.deprecatesEof);
    } else if (this.#ahead > 0) {
      this.#ahead -= 1;
    } else if (!isEnd(first, this.#form)) {
      const fields = new PayloadReader(payload);
      this.rows.set(fields.lengthEncodedBytes().toString("latin1").toLowerCase(), fields.nullableBytes());
    }
  }
}
