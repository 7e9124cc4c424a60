import type { ClientMessage } from "../client/client-message.js";
import { BrokenFraming, type Conversation, longestHeldRequest } from "../conversation.js";
import type { FatalReason } from "../engine.js";
import type { StatementFault } from "../faults/faults.js";
import type { Refusal } from "../refusal.js";
import { isWord } from "../statements/lex.js";
import { commands } from "./commands.js";
import { failingStatement } from "./failing-statement.js";
import { MessageReader } from "./message-reader.js";
import { MessageSplitter, type PacketPiece } from "./message-splitter.js";
import { command, encodeCommand, encodeError, longestFrame, marker, type ServerError } from "./messages.js";
import { borrowTimedOut, readOnly, toServerError } from "./refusals.js";
import type { ReplyForm } from "./replies/phase.js";
import { RequestTracker } from "./request-tracker.js";
import { splitStatements } from "./split-statements.js";
import { MysqlSyntax } from "./syntax.js";

// Source of the texts: MySQL's source.
const fatalErrors: Readonly<Record<FatalReason, ServerError>> = {
  "admin-shutdown": { errno: 1053, sqlState: "08S01", text: "Server shutdown in progress" },
  "borrow-timed-out": toServerError(borrowTimedOut()),
  "client-broke-protocol": { errno: 1156, sqlState: "08S01", text: "Got packets out of order" },
};

// ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
const readOnlyTransaction = 1792;

// Servers answer COM_SLEEP from a client with the error for an unknown command.
const unknownCommand = encodeCommand(command.sleep);

/** The protocol state of a MySQL session after its login. */
export class MysqlConversation implements Conversation<PacketPiece> {
  /** How to read the client's statements. */
  readonly syntax: MysqlSyntax = new MysqlSyntax();
  readonly #fromClient = new MessageSplitter(longestHeldRequest, false, (sequence) =>
    this.#checkSequence(sequence),
  );
  readonly #requests: RequestTracker;
  readonly #reader = new MessageReader((bytes) => this.syntax.decode(bytes));
  readonly #isReader: boolean;
  // The first piece of the server's current packet.
  #reply: PacketPiece | undefined;
  // The first piece of the client's current packet, and whether it is one of a file.
  #request: { readonly first: PacketPiece; readonly isOfFile: boolean } | undefined;
  // The answers to what was abandoned while the client sends a file.
  #afterFile: (() => Buffer) | undefined;
  // The sequence number that the client expects in the next packet.
  #nextSequence = 0;

  /** `isReader`: whether refused writes get the error of a server that is read only as a whole. */
  constructor(form: ReplyForm, isReader: boolean) {
    this.#requests = new RequestTracker(form, (flags) => this.syntax.noteStatus(flags));
    this.#isReader = isReader;
  }

  get isAnswered(): boolean {
    return this.#requests.isAnswered && this.#request === undefined;
  }

  get isWaitingForClient(): boolean {
    return this.#requests.isAnswered || this.#requests.isReceivingFile;
  }

  get isInTransaction(): boolean {
    return this.#requests.isInTransaction || this.#requests.isReceivingFile;
  }

  /** Clients read the answer to LOAD DATA LOCAL only after they have sent the file. */
  get isSkipping(): boolean {
    return this.#afterFile !== undefined;
  }

  /** See {@link RequestTracker}. */
  get isAutocommit(): boolean | undefined {
    return this.#requests.isAutocommit;
  }

  splitRequests(chunk: Buffer): Iterable<PacketPiece> {
    return this.#fromClient.split(chunk);
  }

  isRequest(): boolean {
    return !this.#requests.isReceivingFile && !this.isSkipping;
  }

  opensStatement(piece: PacketPiece): boolean {
    return this.countsAsStatement(piece);
  }

  countsAsStatement(piece: PacketPiece): boolean {
    return this.isRequest() && commands.get(codeOf(piece))?.isStatement === true;
  }

  runsCommit({ type, text = "" }: ClientMessage): boolean {
    // Most texts need not be split.
    if (type !== "COM_QUERY" || !/commit/i.test(text)) return false;
    const statements = splitStatements(this.syntax.tokenize(text));
    return statements.some(({ tokens, storesProgram }) => !storesProgram && isWord(tokens[0], "commit"));
  }

  endsSession(piece: PacketPiece): boolean {
    return this.isRequest() && piece.isFirst && codeOf(piece) === command.quit;
  }

  replacement(piece: PacketPiece, faults: { take(): StatementFault | undefined }): Buffer | undefined {
    if (!this.isRequest()) return undefined;
    if (!commands.has(codeOf(piece))) return unknownCommand;
    // The reply to a statement of several frames would need a number after theirs.
    const canFail = this.countsAsStatement(piece) && piece.firstFrameLength < longestFrame;
    const fault = canFail ? faults.take() : undefined;
    return fault && encodeCommand(command.query, failingStatement(fault));
  }

  onRequest(piece: PacketPiece): void {
    this.#nextSequence = piece.sequence + 1;
    if (piece.isFirst) this.#request = { first: piece, isOfFile: this.#requests.isReceivingFile };
    const request = this.#request;
    if (!piece.isLast || request === undefined) return;
    this.#request = undefined;
    if (request.isOfFile) this.#requests.onFilePacket(request.first.firstFrameLength);
    else this.#requests.onCommand(commands.get(codeOf(request.first)));
  }

  onReply(piece: PacketPiece): boolean {
    this.#nextSequence = piece.sequence + 1;
    // The first piece has all that the tracker reads, but the packet is complete only with its last piece.
    if (piece.isFirst) this.#reply = piece;
    if (!piece.isLast || this.#reply === undefined) return false;
    const waits = this.#requests.onReplyPacket(this.#reply);
    if (this.isAnswered) this.#nextSequence = 0;
    return waits;
  }

  rewrite({ bytes, head, isFirst, sequence }: PacketPiece): Buffer {
    // The read-only session's error differs from the one of a read-only server.
    const isRefusedWrite =
      this.#isReader && isFirst && head[0] === marker.error && head.readUInt16LE(1) === readOnlyTransaction;
    return isRefusedWrite ? encodeError(sequence, toServerError(readOnly())) : bytes;
  }

  read(piece: PacketPiece): ClientMessage | undefined {
    return this.#reader.add(piece);
  }

  abandon(refusal: Refusal): Buffer {
    const { isReceivingFile } = this.#requests;
    const owed = this.#requests.abandon();
    const error = toServerError(refusal);
    const answers = (): Buffer => {
      const first = this.#nextSequence;
      this.#nextSequence = 0;
      // The numbering restarts with each further command.
      return Buffer.concat(
        Array.from({ length: owed }, (_, index) => encodeError(index === 0 ? first : 1, error)),
      );
    };
    this.#request = undefined;
    if (!isReceivingFile) return answers();
    this.#afterFile = answers;
    return Buffer.alloc(0);
  }

  skip({ isFirst, firstFrameLength, sequence }: PacketPiece): Buffer {
    // An empty packet ends the file.
    if (!isFirst || firstFrameLength > 0) return Buffer.alloc(0);
    this.#nextSequence = sequence + 1;
    const answers = this.#afterFile?.() ?? Buffer.alloc(0);
    this.#afterFile = undefined;
    return answers;
  }

  fatalError(reason: FatalReason): Buffer {
    return encodeError(this.#nextSequence, fatalErrors[reason]);
  }

  #checkSequence(sequence: number): void {
    // Every command starts with number 0. Another number would make the server close the shared backend.
    if (sequence !== 0 && this.isRequest()) throw new BrokenFraming("packet out of order");
  }
}

// Servers treat an empty packet as command 0.
function codeOf({ head }: PacketPiece): number {
  return head[0] ?? command.sleep;
}
