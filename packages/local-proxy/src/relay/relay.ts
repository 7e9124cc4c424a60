import type { BackendHolder } from "../backend/backend.js";
import { BorrowTimeout } from "../backend/backend-pool.js";
import { ByteRun } from "../bytes/byte-run.js";
import type { ClientSocket } from "../client/client-socket.js";
import { BrokenFraming, type Conversation, type MessagePiece } from "../conversation.js";
import type { LastWords, SessionRelay } from "../engine.js";
import type { FailoverManner } from "../faults/faults.js";
import type { Refusal } from "../refusal.js";
import { BackendLoan, type LoanParts } from "./backend-loan.js";
import type { RelayEnd } from "./relay-end.js";

/** What is to become of a client's message. */
type Fate = "forward" | "replace" | "refuse" | "skip" | "drop";

/** What one relay works with. */
export interface RelayParts<Piece extends MessagePiece> extends LoanParts<Piece> {
  readonly client: ClientSocket;
  /** Completes the client's login, from what the server told at its own. */
  encodeWelcome(greeting: Buffer): Buffer;
  /** What a session is told that a failover took the backend of. */
  readonly failedOver: Refusal;
}

/**
 * Carries one logged-in client's messages to the database and the replies back, until one of them ends. It borrows a
 * backend for each transaction, unless the session is pinned or the proxy does not multiplex.
 */
export class Relay<Piece extends MessagePiece> implements SessionRelay, BackendHolder<Piece> {
  readonly #parts: RelayParts<Piece>;
  readonly #loan: BackendLoan<Piece>;
  readonly #ended = Promise.withResolvers<RelayEnd>();
  readonly #over = new AbortController();
  lastActiveAtMs: number;
  #fate: Fate = "forward";
  #refusal: Refusal | undefined;
  #hasTimedOut = false;
  // What the next request is told, since its transaction is lost.
  #belatedRefusal: Refusal | undefined;
  #isForwarding = false;
  #isReplyLost = false;
  #isInsideReply = false;
  #isSilent = false;

  constructor(parts: RelayParts<Piece>) {
    this.#parts = parts;
    this.#loan = new BackendLoan(parts, this);
    this.lastActiveAtMs = parts.proxy.options.now();
    parts.client.left.addEventListener("abort", () => this.#over.abort(parts.client.left.reason));
  }

  get isAnswered(): boolean {
    return this.#parts.conversation.isAnswered;
  }

  get isInTransaction(): boolean {
    return this.#parts.conversation.isInTransaction;
  }

  get waitingSinceMs(): number | undefined {
    return this.#loan.waitingSinceMs;
  }

  get databaseConnection(): number | undefined {
    return this.#loan.backend?.id;
  }

  get isPinned(): boolean {
    return this.#loan.isPinned;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  silence(): void {
    this.#isSilent = true;
  }

  lastWords(reason: LastWords): Buffer | undefined {
    return this.#isInsideReply ? undefined : this.#parts.conversation.lastWords(reason);
  }

  async connect(): Promise<Buffer> {
    const { greeting } = await this.#loan.borrow(this.#over.signal);
    this.#loan.settle();
    return this.#parts.encodeWelcome(greeting);
  }

  async run<T>(stopped: Promise<T>): Promise<RelayEnd | T> {
    try {
      return await Promise.race([this.#forwardRequests(), this.#ended.promise, stopped]);
    } finally {
      this.#over.abort();
    }
  }

  failOver(manner: FailoverManner): "unharmed" | "told" | "ends" {
    if (this.#loan.backend === undefined || this.#isSilent) return "unharmed";
    if (manner !== "error" || !this.#loan.isShared || this.#isInsideReply) return "ends";
    const { conversation, failedOver } = this.#parts;
    if (conversation.isAnswered && conversation.isInTransaction) this.#belatedRefusal = failedOver;
    const backend = this.#loan.letGo();
    // The real server has not gone away, and would run on.
    void backend?.cancel().finally(() => backend.destroy());
    void this.#parts.client.write(conversation.abandon(failedOver));
    return "told";
  }

  async release(manner: "cancel" | "drop"): Promise<void> {
    const { isAnswered, isInTransaction } = this;
    const backend = this.#loan.letGo();
    if (backend === undefined) return;
    if (!isAnswered || isInTransaction) {
      this.#parts.session.log(
        "The database connection closed. Reason: The client connection that borrowed this database connection from the connection pool was closed in the middle of a request.",
      );
    }
    if (isAnswered) return await backend.terminate();
    if (manner === "drop") return await backend.destroy();
    await backend.cancel();
    await backend.terminate();
  }

  async onReplies(pieces: Iterable<Piece>): Promise<void> {
    const { client, conversation } = this.#parts;
    const run = new ByteRun();
    for (const piece of pieces) {
      if (!this.#isReplyLost) {
        run.add(conversation.rewrite(piece));
        this.#isInsideReply = !piece.isLast;
      }
      const waits = conversation.onReply(piece);
      if (waits && this.#isReplyLost) return this.#ended.resolve("reply-lost");
    }
    this.#touch();
    const { backend } = this.#loan;
    if (!this.#isForwarding) this.#settle();
    const written = this.#isSilent ? undefined : client.write(run.take());
    // A client that is slow to read holds up its own backend, but not one that is somebody else's by now.
    if (backend === this.#loan.backend) await written;
  }

  onDatabaseEnd(hasFailed: boolean): void {
    if (this.#loan.letGo() === undefined) return;
    // A silent peer does not even tell that its database is gone.
    if (!this.#isSilent) this.#ended.resolve(hasFailed ? "database-reset" : "database-closed");
  }

  async #forwardRequests(): Promise<RelayEnd> {
    const { client } = this.#parts;
    while (true) {
      const chunk = await client.readChunk();
      if (chunk === undefined || this.#over.signal.aborted) return "client-left";
      this.#touch();
      if (this.#isSilent) continue;
      try {
        if (await this.#forwardChunk(chunk)) return "client-terminated";
      } catch (error) {
        if (error instanceof BrokenFraming) return "client-broke-protocol";
        if (this.#over.signal.aborted) return "client-left";
        throw error;
      }
    }
  }

  /** Resolves with whether the client asked to end the session. */
  async #forwardChunk(chunk: Buffer): Promise<boolean> {
    const { conversation } = this.#parts;
    const run = new ByteRun();
    // Until all of it is on its way, no reply means that the backend is not needed any more.
    this.#isForwarding = true;
    for (const piece of conversation.splitRequests(chunk)) {
      if (piece.isFirst) this.#fate = await this.#decide(piece, run);
      if (conversation.isFarewell(piece)) {
        this.#read(piece);
        await this.#send(run);
        // A farewell is not passed on: how the database session ends is not the client's to say.
        return true;
      }
      await this.#forwardPiece(piece, run);
    }
    await this.#send(run);
    this.#isForwarding = false;
    this.#settle();
    return false;
  }

  /** Everything that has to happen ahead of a message. */
  async #decide(piece: Piece, run: ByteRun): Promise<Fate> {
    const { conversation, proxy } = this.#parts;
    if (conversation.isFarewell(piece)) return "drop";
    if (conversation.isSkipping) return "skip";
    // Data that nobody waits for any more.
    if (!conversation.isRequest(piece)) return this.#loan.backend === undefined ? "drop" : "forward";
    // A request that follows an answered one is the place for whatever has to happen between two requests.
    if (conversation.isAnswered) {
      await this.#send(run);
      await this.#loan.settled;
      this.#hasTimedOut = false;
      this.#refusal = this.#belatedRefusal ?? (await this.#ensureBackend());
      this.#belatedRefusal = undefined;
      if (this.#refusal !== undefined) return "refuse";
      await this.#beforeRequest(piece);
    }
    if (conversation.countsAsStatement(piece)) proxy.counters.queryRequests += 1;
    const replacement = conversation.replacement(piece, proxy.faults.ofStatements);
    if (replacement === undefined) return "forward";
    run.add(replacement);
    return "replace";
  }

  async #forwardPiece(piece: Piece, run: ByteRun): Promise<void> {
    const { client, conversation, state } = this.#parts;
    const message = this.#read(piece);
    switch (this.#fate) {
      case "forward": {
        conversation.onRequest(piece);
        run.add(piece.bytes);
        const cause = message && !this.#loan.isPinned ? state.note(message) : undefined;
        if (cause !== undefined) this.#loan.pin(cause);
        break;
      }
      case "replace":
        conversation.onRequest(piece);
        break;
      case "refuse":
        conversation.onRequest(piece);
        if (piece.isLast) await this.#refuse();
        break;
      case "skip":
        await client.write(conversation.skip(piece));
        break;
      case "drop":
        break;
      default:
        this.#fate satisfies never;
    }
  }

  async #refuse(): Promise<void> {
    const { client, conversation, proxy } = this.#parts;
    if (this.#refusal === undefined) return;
    if (this.#hasTimedOut && proxy.options.statementBorrowTimeout === "close")
      return this.#ended.resolve("borrow-timed-out");
    await client.write(conversation.abandon(this.#refusal));
  }

  async #send(run: ByteRun): Promise<void> {
    if (!this.#isSilent) await this.#loan.backend?.send(run.take());
  }

  /** Puts the client's message together, and keeps it if that was asked for. */
  #read(piece: Piece): ReturnType<Conversation<Piece>["read"]> {
    const { connection, conversation, proxy } = this.#parts;
    const message = conversation.read(piece);
    if (message === undefined) return undefined;
    const { type, text, statementName } = message;
    proxy.recording?.push({
      connection,
      type,
      ...(text === undefined ? {} : { text }),
      ...(statementName === undefined ? {} : { statementName }),
    });
    return message;
  }

  /** Borrows at the start of a transaction; resolves with what the client is told when that fails. */
  async #ensureBackend(): Promise<Refusal | undefined> {
    if (this.#loan.backend !== undefined) return undefined;
    const { session } = this.#parts;
    try {
      await this.#loan.borrow(this.#over.signal);
      return undefined;
    } catch (error) {
      this.#over.signal.throwIfAborted();
      this.#hasTimedOut = error instanceof BorrowTimeout;
      return session.refusalOf(error);
    }
  }

  async #beforeRequest(piece: Piece): Promise<void> {
    const { conversation, proxy, state } = this.#parts;
    const { faults } = proxy;
    const isReadOnly = faults.isReadOnly || proxy.options.targetRole === "read-only";
    const { backend } = this.#loan;
    if (backend !== undefined && !conversation.isInTransaction && backend.isReadOnly !== isReadOnly) {
      backend.isReadOnly = isReadOnly;
      await backend.run(state.readOnlyStatement(isReadOnly));
    }
    if (conversation.opensStatement(piece) && faults.takeLostReply()) this.#isReplyLost = true;
  }

  #settle(): void {
    // One whose reply gets lost stays with its client to the end.
    if (!this.#isReplyLost) this.#loan.settle();
  }

  #touch(): void {
    this.lastActiveAtMs = this.#parts.proxy.options.now();
  }
}
