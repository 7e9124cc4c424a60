import { Queue } from "../queue.js";

/** The status in ReadyForQuery: idle, in a transaction, in a failed transaction. */
export type TransactionStatus = "I" | "T" | "E";

const requestTypes = new Set(["Q", "F", "P", "B", "D", "E", "C", "H", "S"]);

// The last reply to a message of an extended request: ParseComplete, BindComplete, CloseComplete; CommandComplete,
// EmptyQueryResponse, PortalSuspended; RowDescription, NoData.
const finalReplies = new Set(["1", "2", "3", "C", "I", "s", "T", "n"]);

/** Tracks both directions of a session to know whether a reply is outstanding. Looks at message types only. */
export class RequestTracker {
  #status: TransactionStatus = "I";
  // One entry for each message that the server will answer with ReadyForQuery.
  readonly #due: Queue<"query" | "sync"> = new Queue();
  #isInsideExtended = false;
  #isCopyingIn = false;
  #isSkipping = false;
  // Messages after the last Sync or query that the server has not answered, and how many of these a Flush made it answer.
  #open = 0;
  #flushed = 0;

  get status(): TransactionStatus {
    return this.#status;
  }

  /** Whether the server has answered every request, and no extended request is half sent. */
  get isAnswered(): boolean {
    return this.#due.length === 0 && !this.#isInsideExtended;
  }

  /** How many queries and Syncs the server has not answered. */
  get dueCount(): number {
    return this.#due.length;
  }

  /** Whether the server can do nothing until the client sends more. */
  get isWaitingForClient(): boolean {
    return this.#isCopyingIn || (this.#due.length === 0 && this.#flushed === 0);
  }

  /** Whether the server has asked for the data of COPY FROM STDIN. */
  get isCopyingIn(): boolean {
    return this.#isCopyingIn;
  }

  /** Whether the rest of an extended request is skipped, up to its Sync. */
  get isSkipping(): boolean {
    return this.#isSkipping;
  }

  /** Records a message from the client. */
  onRequest(type: string): void {
    if (type === "Q" || type === "F") this.#onDue("query");
    else if (type === "c" || type === "f") this.#isCopyingIn = false;
    else if (type === "S") this.#onSync();
    else if (requestTypes.has(type)) this.#onExtended(type);
  }

  /** Records any other message from the server. */
  onReply(type: string): void {
    if (this.#due.length > 0 || !finalReplies.has(type)) return;
    this.#open = Math.max(0, this.#open - 1);
    this.#flushed = Math.max(0, this.#flushed - 1);
  }

  /** Records a ReadyForQuery from the server. */
  onReady(status: TransactionStatus): void {
    this.#due.removeFirst();
    this.#isCopyingIn = false;
    this.#status = status;
  }

  /** Records a CopyInResponse from the server. */
  onCopyIn(): void {
    this.#isCopyingIn = true;
    // The server ignores every Sync during COPY FROM STDIN, pipelined ones included; another one follows CopyDone.
    if (this.#due.first === "sync") {
      this.#due.keepOnly((kind) => kind !== "sync");
      this.#isInsideExtended = true;
    }
  }

  /** Records an ErrorResponse from the server, which ends COPY FROM STDIN. */
  onError(): void {
    this.#isCopyingIn = false;
    if (this.#due.length === 0) this.#forgetOpen();
  }

  /**
   * Forgets all outstanding replies and the transaction. Returns how many ReadyForQuery messages the client still has to
   * get; a half-sent request adds one, and its rest is skipped.
   */
  abandon(): number {
    const owed = this.#due.length;
    this.#isSkipping = this.#isInsideExtended;
    this.#due.clear();
    this.#forgetOpen();
    this.#status = "I";
    this.#isInsideExtended = false;
    this.#isCopyingIn = false;
    return owed;
  }

  /** Records a skipped message, and returns whether it was the last one. */
  onSkipped(type: string): boolean {
    if (type === "S") this.#isSkipping = false;
    return type === "S";
  }

  #onSync(): void {
    if (this.#isCopyingIn) return;
    this.#isInsideExtended = false;
    this.#onDue("sync");
  }

  #onDue(kind: "query" | "sync"): void {
    this.#due.add(kind);
    this.#forgetOpen();
  }

  #onExtended(type: string): void {
    this.#isInsideExtended = true;
    if (type === "H") this.#flushed = this.#open;
    else this.#open += 1;
  }

  #forgetOpen(): void {
    this.#open = 0;
    this.#flushed = 0;
  }
}

/** Whether a message of this type begins or continues a request, as opposed to copy data or Terminate. */
export function isRequest(type: string): boolean {
  return requestTypes.has(type);
}
