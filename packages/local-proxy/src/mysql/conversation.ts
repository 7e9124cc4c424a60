import type { Conversation } from "../conversation.js";
import type { LastWords } from "../engine.js";
import type { StatementFault } from "../faults.js";
import type { RecordedMessage } from "../recorded-message.js";
import { hasCapability } from "./capabilities.js";
import { commands } from "./commands.js";
import { failingStatement } from "./failing-statement.js";
import { MessageRecorder } from "./message-recorder.js";
import { MessageSplitter, type PacketPiece } from "./message-splitter.js";
import { command, encodeCommand, encodeError, longestFrame, type ServerError } from "./messages.js";
import { headLength } from "./replies/phase.js";
import { RequestTracker } from "./request-tracker.js";

// MySQL's own texts, by its source.
const lastWords: Readonly<Record<LastWords, ServerError>> = {
  "admin-shutdown": { errno: 1053, sqlState: "08S01", text: "Server shutdown in progress" },
  "client-broke-protocol": { errno: 1156, sqlState: "08S01", text: "Got packets out of order" },
};

// Servers answer it as a command that they do not know.
const unknownCommand = encodeCommand(command.sleep);

/** The course of a MySQL session after its login. */
export class MysqlConversation implements Conversation<PacketPiece> {
  readonly #fromClient = new MessageSplitter(1);
  readonly #fromServer = new MessageSplitter(headLength);
  readonly #requests: RequestTracker;
  readonly #recorder = new MessageRecorder();
  // The first piece of the packet that the server is sending.
  #reply: PacketPiece | undefined;
  // The number that the client expects of the next packet.
  #nextSequence = 0;

  /** `capabilities`: what client and server have agreed on. */
  constructor(capabilities: bigint) {
    this.#requests = new RequestTracker({
      deprecatesEof: hasCapability(capabilities, "DEPRECATE_EOF"),
      cachesMetadata: hasCapability(capabilities, "CACHE_METADATA"),
    });
  }

  get isAnswered(): boolean {
    return this.#requests.isAnswered;
  }

  get isInTransaction(): boolean {
    return this.#requests.isInTransaction;
  }

  splitRequests(chunk: Buffer): Iterable<PacketPiece> {
    return this.#fromClient.split(chunk);
  }

  splitReplies(chunk: Buffer): Iterable<PacketPiece> {
    return this.#fromServer.split(chunk);
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

  isFarewell(piece: PacketPiece): boolean {
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

  startStatement(statement: string): Buffer {
    this.#nextSequence = 1;
    this.#requests.onCommand(commands.get(command.query));
    return encodeCommand(command.query, statement);
  }

  readOnlyStatement(isReadOnly: boolean): string {
    return `SET SESSION TRANSACTION READ ${isReadOnly ? "ONLY" : "WRITE"}`;
  }

  record(piece: PacketPiece): Omit<RecordedMessage, "connection"> | undefined {
    return this.#recorder.add(piece);
  }

  lastWords(reason: LastWords): Buffer {
    return encodeError(this.#nextSequence, lastWords[reason]);
  }
}

// A packet without a command is taken for the first of them.
function codeOf({ head }: PacketPiece): number {
  return head[0] ?? command.sleep;
}
