import type { ClientMessage } from "../client/client-message.js";
import { BrokenFraming, type Conversation, longestHeldRequest } from "../conversation.js";
import type { FatalReason } from "../engine.js";
import type { Refusal } from "../refusal.js";
import { CommitFinder } from "./commit-finder.js";
import { MessageReader } from "./message-reader.js";
import { MessageSplitter, type TypedPiece } from "./message-splitter.js";
import { encodeError, encodeFatalError, encodeReady } from "./messages.js";
import { borrowTimedOut } from "./refusals.js";
import { RequestHold } from "./request-hold.js";
import { isRequest, RequestTracker } from "./request-tracker.js";
import { PostgresSyntax } from "./syntax.js";
import { UnnamedStatement } from "./unnamed-statement.js";

// Messages that count as a statement.
const statementTypes = new Set(["Q", "E", "F"]);

// Copy data and Terminate, which are not requests.
const otherTypes = new Set(["d", "c", "f", "X"]);

const fatalErrors: Readonly<Record<Exclude<FatalReason, "client-broke-protocol">, Buffer>> = {
  "admin-shutdown": encodeFatalError("57P01", "terminating connection due to administrator command"),
  "borrow-timed-out": encodeFatalError(borrowTimedOut().sqlState, borrowTimedOut().message),
};

/** The protocol state of a PostgreSQL session after its login. */
export class PostgresConversation implements Conversation<TypedPiece> {
  /** How to read the client's statements. */
  readonly syntax: PostgresSyntax = new PostgresSyntax();
  readonly #fromClient = new MessageSplitter({
    wholeBytes: longestHeldRequest,
    onHeader: (type) => this.#checkType(type),
  });
  readonly #hold = new RequestHold();
  /** The client's unnamed prepared statement. */
  readonly unnamed: UnnamedStatement = new UnnamedStatement();
  // The pieces of the message that is being sent.
  #sent: TypedPiece[] = [];
  readonly #requests = new RequestTracker();
  readonly #reader = new MessageReader((bytes) => this.syntax.decode(bytes));
  readonly #commits = new CommitFinder((text) => this.syntax.tokenize(text));
  // The pieces of a ParameterStatus.
  #parameterStatus: Buffer[] = [];
  #breach = "invalid message length";
  #isHalfSent = false;

  get isAnswered(): boolean {
    return this.#requests.isAnswered && !this.#isHalfSent;
  }

  get isWaitingForClient(): boolean {
    return this.#requests.isWaitingForClient;
  }

  get isInTransaction(): boolean {
    return this.#requests.status !== "I" || this.#requests.isCopyingIn;
  }

  get isSkipping(): boolean {
    return this.#requests.isSkipping;
  }

  *splitRequests(chunk: Buffer): Generator<TypedPiece> {
    for (const piece of this.#fromClient.split(chunk)) yield* this.#hold.add(piece);
  }

  isRequest({ type }: TypedPiece): boolean {
    return isRequest(type);
  }

  opensStatement({ type }: TypedPiece): boolean {
    return isRequest(type);
  }

  countsAsStatement({ type }: TypedPiece): boolean {
    return statementTypes.has(type);
  }

  runsCommit(message: ClientMessage): boolean {
    return this.#commits.add(message);
  }

  endsSession({ type }: TypedPiece): boolean {
    return type === "X";
  }

  replacement(): undefined {
    return undefined;
  }

  onRequest(piece: TypedPiece): void {
    const { type, isLast } = piece;
    this.#isHalfSent = !isLast;
    if (type === "P") this.#sent.push(piece);
    if (!isLast) return;
    this.unnamed.onRequest(type === "P" ? this.#sent : [piece], this.#requests.dueCount);
    this.#sent = [];
    this.#requests.onRequest(type);
  }

  onReply({ type, bytes, isLast }: TypedPiece): boolean {
    if (type === "S") this.#parameterStatus.push(bytes);
    if (!isLast) return false;
    if (type === "S") {
      this.syntax.noteParameterStatus(Buffer.concat(this.#parameterStatus));
      this.#parameterStatus = [];
    }
    this.unnamed.onReply(type);
    if (type === "G") this.#requests.onCopyIn();
    if (type === "E") this.#requests.onError();
    if (type !== "Z") {
      this.#requests.onReply(type);
      return type === "G";
    }
    const letter = bytes.toString("latin1").slice(-1);
    this.#requests.onReady(letter === "T" || letter === "E" ? letter : "I");
    return true;
  }

  rewrite({ bytes }: TypedPiece): Buffer {
    return bytes;
  }

  read(piece: TypedPiece): ClientMessage | undefined {
    return this.#reader.add(piece);
  }

  abandon({ sqlState, message }: Refusal): Buffer {
    const owed = this.#requests.abandon();
    this.#isHalfSent = false;
    this.#sent = [];
    const error = encodeError(sqlState, message);
    const answers = Array.from({ length: owed }, () => Buffer.concat([error, encodeReady("I")]));
    return Buffer.concat(this.isSkipping ? [...answers, error] : answers);
  }

  skip({ type, isFirst }: TypedPiece): Buffer {
    return isFirst && this.#requests.onSkipped(type) ? encodeReady("I") : Buffer.alloc(0);
  }

  fatalError(reason: FatalReason): Buffer {
    return reason === "client-broke-protocol" ? encodeFatalError("08P01", this.#breach) : fatalErrors[reason];
  }

  #checkType(type: string): void {
    if (isRequest(type) || otherTypes.has(type)) return;
    // The server would end the backend's connection with this text.
    this.#breach = `invalid frontend message type ${type.charCodeAt(0)}`;
    throw new BrokenFraming(this.#breach);
  }
}
