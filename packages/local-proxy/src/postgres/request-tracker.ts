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

  get status(): TransactionStatus {
    return this.#status;
  }

  /** Everything that was sent has been answered, and no extended request is half sent. */
  get isAnswered(): boolean {
    return this.#due.length === 0 && !this.#isInsideExtended;
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
