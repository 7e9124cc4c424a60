import type { Conversation } from "../conversation.js";
import type { LastWords } from "../engine.js";
import type { RecordedMessage } from "../recorded-message.js";
import { MessageRecorder } from "./message-recorder.js";
import { MessageSplitter, type TypedPiece } from "./message-splitter.js";
import { encodeFatalError, encodeMessage } from "./messages.js";
import { isRequest, RequestTracker } from "./request-tracker.js";

// Messages that the proxy counts as a statement.
const statementTypes = new Set(["Q", "E", "F"]);

const lastWords: Readonly<Record<LastWords, Buffer>> = {
  "admin-shutdown": encodeFatalError("57P01", "terminating connection due to administrator command"),
  "client-broke-protocol": encodeFatalError("08P01", "invalid message length"),
};

/** The course of a PostgreSQL session after its login. */
export class PostgresConversation implements Conversation<TypedPiece> {
  readonly #fromClient = new MessageSplitter();
  readonly #fromServer = new MessageSplitter();
  readonly #requests = new RequestTracker();
  readonly #recorder = new MessageRecorder();

  get isAnswered(): boolean {
    return this.#requests.isAnswered;
  }

  get isInTransaction(): boolean {
    return this.#requests.status !== "I";
  }

  splitRequests(chunk: Buffer): Iterable<TypedPiece> {
    return this.#fromClient.split(chunk);
  }

  splitReplies(chunk: Buffer): Iterable<TypedPiece> {
    return this.#fromServer.split(chunk);
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

  isFarewell({ type }: TypedPiece): boolean {
    return type === "X";
  }

  replacement(): undefined {
    return undefined;
  }

  onRequest({ type, isFirst }: TypedPiece): void {
    if (isFirst) this.#requests.onRequest(type);
  }

  onReply({ type, bytes, isLast }: TypedPiece): boolean {
    if (!isLast) return false;
    if (type === "G") this.#requests.onCopyIn();
    if (type !== "Z") return type === "G";
    const letter = bytes.toString("latin1").slice(-1);
    this.#requests.onReady(letter === "T" || letter === "E" ? letter : "I");
    return true;
  }

  startStatement(statement: string): Buffer {
    this.#requests.onRequest("Q");
    return encodeMessage("Q", `${statement}\0`);
  }

  readOnlyStatement(isReadOnly: boolean): string {
    return `SET default_transaction_read_only = ${isReadOnly ? "on" : "off"}`;
  }

  record(piece: TypedPiece): Omit<RecordedMessage, "connection"> | undefined {
    return this.#recorder.add(piece);
  }

  lastWords(reason: LastWords): Buffer {
    return lastWords[reason];
  }
}
