import type { ClientMessage } from "../client/client-message.js";
import { BrokenFraming, type Conversation } from "../conversation.js";
import type { FatalReason } from "../engine.js";
import type { StatementFault } from "../faults/faults.js";
import type { Refusal } from "../refusal.js";
import { commands } from "./commands.js";
import { failingStatement } from "./failing-statement.js";
import { MessageReader } from "./message-reader.js";
import { MessageSplitter, type PacketPiece } from "./message-splitter.js";
import { command, encodeCommand, encodeError, longestFrame, marker, type ServerError } from "./messages.js";
import { borrowTimedOut, readOnly, toServerError } from "./refusals.js";
import type { ReplyForm } from "./replies/phase.js";
import { RequestTracker } from "./request-tracker.js";

// MySQL's own texts, by its source.
const fatalErrors: Readonly<Record<FatalReason, ServerError>> = {
  "admin-shutdown": { errno: 1053, sqlState: "08S01", text: "Server shutdown in progress" },
  "borrow-timed-out": toServerError(borrowTimedOut()),
  "client-broke-protocol": { errno: 1156, sqlState: "08S01", text: "Got packets out of order" },
};

// ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
const readOnlyTransaction = 1792;

// Servers answer it as a command that they do not know.
const unknownCommand = encodeCommand(command.sleep);

/** The course of a MySQL session after its login. */
export class MysqlConversation implements Conversation<PacketPiece> {
  readonly #fromClient = new MessageSplitter(1);
  readonly #requests: RequestTracker;
  readonly #reader = new MessageReader();
  readonly #isReader: boolean;
  // The first piece of the packet that the server is sending.
  #reply: PacketPiece | undefined;
  // The number that the client expects of the next packet.
  #nextSequence = 0;

  /** `isReader`: whether the database is to pass for one that is read only as a whole. */
  constructor(form: ReplyForm, isReader: boolean) {
    this.#requests = new RequestTracker(form);
    this.#isReader = isReader;
  }

  get isAnswered(): boolean {
    return this.#requests.isAnswered;
  }

  get isInTransaction(): boolean {
    return this.#requests.isInTransaction;
  }

  /** A command is over with its last byte, so nothing of it is ever left to pass over. */
  get isSkipping(): boolean {
    return false;
  }

  /** See {@link RequestTracker}. */
  get isAutocommit(): boolean | undefined {
    return this.#requests.isAutocommit;
  }

  get hasEscapes(): boolean {
    return this.#requests.hasEscapes;
  }

  *splitRequests(chunk: Buffer): Generator<PacketPiece> {
    for (const piece of this.#fromClient.split(chunk)) {
      // A command is numbered anew, and one that is not would be the end of a backend that others use.
      if (piece.isFirst && piece.sequence !== 0 && this.isRequest())
        throw new BrokenFraming("packet out of order");
      yield piece;
    }
  }

  isRequest(): boolean {
    return !this.#requests.isReceivingFile;
  }

  opensStatement(piece: PacketPiece): boolean {
    return this.countsAsStatement(piece);
  }

  countsAsStatement(piece: PacketPiece): boolean {
    return this.isRequest() && commands.get(codeOf(piece))?.isStatement === true;
  }

  endsSession(piece: PacketPiece): boolean {
    return this.isRequest() && piece.isFirst && codeOf(piece) === command.quit;
  }

  replacement(piece: PacketPiece, faults: { take(): StatementFault | undefined }): Buffer | undefined {
    if (!this.isRequest()) return undefined;
    if (!commands.has(codeOf(piece))) return unknownCommand;
    // The answer to a statement of several frames would have to be numbered after them.
    const canFail = this.countsAsStatement(piece) && piece.firstFrameLength < longestFrame;
    const fault = canFail ? faults.take() : undefined;
    return fault && encodeCommand(command.query, failingStatement(fault));
  }

  onRequest(piece: PacketPiece): void {
    this.#nextSequence = piece.sequence + 1;
    if (!piece.isFirst) return;
    if (this.#requests.isReceivingFile) this.#requests.onFilePacket(piece.firstFrameLength);
    else this.#requests.onCommand(commands.get(codeOf(piece)));
  }

  onReply(piece: PacketPiece): boolean {
    this.#nextSequence = piece.sequence + 1;
    // The first bytes tell all, but a reply is complete with its last ones.
    if (piece.isFirst) this.#reply = piece;
    if (!piece.isLast || this.#reply === undefined) return false;
    const waits = this.#requests.onReplyPacket(this.#reply);
    if (this.isAnswered) this.#nextSequence = 0;
    return waits;
  }

  rewrite({ bytes, head, isFirst, sequence }: PacketPiece): Buffer {
    // A session can be made read only, but then it has an error of its own.
    const isRefusedWrite =
      this.#isReader && isFirst && head[0] === marker.error && head.readUInt16LE(1) === readOnlyTransaction;
    return isRefusedWrite ? encodeError(sequence, toServerError(readOnly())) : bytes;
  }

  read(piece: PacketPiece): ClientMessage | undefined {
    return this.#reader.add(piece);
  }

  abandon(refusal: Refusal): Buffer {
    const owed = this.#requests.abandon();
    const error = toServerError(refusal);
    // Each further command has numbers of its own.
    const answers = Array.from({ length: owed }, (_, index) =>
      encodeError(index === 0 ? this.#nextSequence : 1, error),
    );
    this.#nextSequence = 0;
    return Buffer.concat(answers);
  }

  skip(): Buffer {
    return Buffer.alloc(0);
  }

  fatalError(reason: FatalReason): Buffer {
    return encodeError(this.#nextSequence, fatalErrors[reason]);
  }
}

// A packet without a command is taken for the first of them.
function codeOf({ head }: PacketPiece): number {
  return head[0] ?? command.sleep;
}
