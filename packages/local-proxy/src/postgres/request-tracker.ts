/** The status in ReadyForQuery: idle, in a transaction, in a failed transaction. */
export type TransactionStatus = "I" | "T" | "E";

const requestTypes = new Set(["Q", "F", "P", "B", "D", "E", "C", "H", "S"]);

/** Tracks both directions of a session to know whether a reply is outstanding. Looks at message types only. */
export class RequestTracker {
  #status: TransactionStatus = "I";
  // One entry for each message that the server will answer with ReadyForQuery.
  #due: ("query" | "sync")[] = [];
  #isInsideExtended = false;
  #isCopyingIn = false;
  #isSkipping = false;

  get status(): TransactionStatus {
    return this.#status;
  }

  /** Whether the server has answered every request, and no extended request is half sent. */
  get isAnswered(): boolean {
    return this.#due.length === 0 && !this.#isInsideExtended;
  }

  /** Whether the rest of an extended request is skipped, up to its Sync. */
  get isSkipping(): boolean {
    return this.#isSkipping;
  }

  /** Records a message from the client. */
  onRequest(type: string): void {
    if (type === "Q" || type === "F") this.#due.push("query");
    else if (type === "c" || type === "f") this.#isCopyingIn = false;
    else if (type === "S") this.#onSync();
    else if (requestTypes.has(type)) this.#isInsideExtended = true;
  }

  /** Records a ReadyForQuery from the server. */
  onReady(status: TransactionStatus): void {
    this.#due.shift();
    this.#isCopyingIn = false;
    this.#status = status;
  }

  /** Records a CopyInResponse from the server. */
  onCopyIn(): void {
    this.#isCopyingIn = true;
    // The server ignores every Sync during COPY FROM STDIN, pipelined ones included; another one follows CopyDone.
    if (this.#due[0] === "sync") {
      this.#due = this.#due.filter((kind) => kind !== "sync");
      this.#isInsideExtended = true;
    }
  }

  /** Records an ErrorResponse from the server, which ends COPY FROM STDIN. */
  onError(): void {
    this.#isCopyingIn = false;
  }

  /**
   * Forgets all outstanding replies and the transaction. Returns how many ReadyForQuery messages the client still has to
   * get; a half-sent request adds one, and its rest is skipped.
   */
  abandon(): number {
    const owed = this.#due.length;
    this.#isSkipping = this.#isInsideExtended;
    this.#due = [];
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
    this.#due.push("sync");
  }
}

/** Whether a message of this type begins or continues a request, as opposed to copy data or Terminate. */
export function isRequest(type: string): boolean {
  return requestTypes.has(type);
}
