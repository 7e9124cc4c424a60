/** How a session stands, by ReadyForQuery: idle, in a transaction, in a failed transaction. */
export type TransactionStatus = "I" | "T" | "E";

const requestTypes = new Set(["Q", "F", "P", "B", "D", "E", "C", "H", "S"]);

/** Follows both directions of a session to know whether an answer is due. Decides by message types alone. */
export class RequestTracker {
  #status: TransactionStatus = "I";
  // One entry for each message that the server will answer with a ReadyForQuery.
  #due: ("query" | "sync")[] = [];
  #isInsideExtended = false;
  #isCopyingIn = false;
  #isSkipping = false;

  get status(): TransactionStatus {
    return this.#status;
  }

  /** Everything that was sent has been answered, and no extended request is half sent. */
  get isAnswered(): boolean {
    return this.#due.length === 0 && !this.#isInsideExtended;
  }

  /** Whether the rest of an extended request is passed over, up to its Sync. */
  get isSkipping(): boolean {
    return this.#isSkipping;
  }

  /** Notes a message from the client. */
  onRequest(type: string): void {
    if (type === "Q" || type === "F") this.#due.push("query");
    else if (type === "c" || type === "f") this.#isCopyingIn = false;
    else if (type === "S") this.#onSync();
    else if (requestTypes.has(type)) this.#isInsideExtended = true;
  }

  /** Notes a ReadyForQuery from the server. */
  onReady(status: TransactionStatus): void {
    this.#due.shift();
    this.#isCopyingIn = false;
    this.#status = status;
  }

  /** Notes a CopyInResponse from the server. */
  onCopyIn(): void {
    this.#isCopyingIn = true;
    // The server ignores Sync while it copies in, those on the way included; one more comes after CopyDone.
    if (this.#due[0] === "sync") {
      this.#due = this.#due.filter((kind) => kind !== "sync");
      this.#isInsideExtended = true;
    }
  }

  /** Notes an ErrorResponse from the server, which ends copying in. */
  onError(): void {
    this.#isCopyingIn = false;
  }

  /**
   * Forgets everything that is due, and the transaction. Returns how many ReadyForQuery messages are owed for it; one that
   * is half sent comes on top, and is passed over.
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

  /** Notes a message that is passed over, and says whether it was the last of them. */
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
