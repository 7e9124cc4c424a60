import type { BackendBorrower } from "../backend/backend.js";
import { BorrowTimeout } from "../backend/backend-pool.js";
import { ByteRun } from "../bytes/byte-run.js";
import type { ClientSocket } from "../client/client-socket.js";
import { BrokenFraming, type Conversation, type MessagePiece } from "../conversation.js";
import type { FatalReason, SessionRelay } from "../engine.js";
import type { CommitFault, FailoverManner } from "../faults/faults.js";
import type { Refusal } from "../refusal.js";
import { BackendLease, type LeaseParts } from "./backend-lease.js";
import type { RelayEnd } from "./relay-end.js";

/** What the relay does with a client's message. */
type Fate = "forward" | "replace" | "refuse" | "skip" | "drop";

/** How a client that gets no reply loses its session. */
type Loss = Extract<RelayEnd, "commit-closed" | "commit-reset" | "reply-lost"> | "silence";

const lossOfCommit: Readonly<Record<CommitFault, { readonly loss: Loss; readonly isSent: boolean }>> = {
  "reset-before-commit": { loss: "commit-reset", isSent: false },
  "close-before-commit": { loss: "commit-closed", isSent: false },
  "silence-before-commit": { loss: "silence", isSent: false },
  "reset-after-commit": { loss: "commit-reset", isSent: true },
  "close-after-commit": { loss: "commit-closed", isSent: true },
  "silence-after-commit": { loss: "silence", isSent: true },
};

/** The constructor arguments of {@link Relay}. */
export interface RelayParts<Piece extends MessagePiece> extends LeaseParts<Piece> {
  readonly client: ClientSocket;
  /** The messages that complete the client's login, made from the server's greeting. */
  encodeWelcome(greeting: Buffer): Buffer;
  /** The error for a client that loses its backend to a failover. */
  readonly failedOver: Refusal;
}

/**
 * Carries one logged-in client's messages to the database and the replies back, until one side ends. Borrows a backend
 * for each transaction, unless the session is pinned or multiplexing is off.
 */
export class Relay<Piece extends MessagePiece> implements SessionRelay, BackendBorrower<Piece> {
  readonly #parts: RelayParts<Piece>;
  readonly #lease: BackendLease<Piece>;
  readonly #ended = Promise.withResolvers<RelayEnd>();
  readonly #over = new AbortController();
  lastActiveAtMs: number;
  queryCount = 0;
  #fate: Fate = "forward";
  #refusal: Refusal | undefined;
  #hasTimedOut = false;
  // The error for the next request, since a failover took its transaction.
  #belatedRefusal: Refusal | undefined;
  #isForwarding = false;
  // The last forwarded piece of a message whose rest has not arrived.
  #unfinished: Piece | undefined;
  // What happens in place of the reply to what is under way.
  #loss: Loss | undefined;
  #isInsideReply = false;
  #isSilent = false;

  constructor(parts: RelayParts<Piece>) {
    this.#parts = parts;
    this.#lease = new BackendLease(parts, this);
    this.lastActiveAtMs = parts.proxy.options.now();
    parts.client.left.addEventListener("abort", () => this.#over.abort(parts.client.left.reason));
  }

  get isAnswered(): boolean {
    return this.#parts.conversation.isAnswered;
  }

  get isWaitingForClient(): boolean {
    const isBusy = this.#lease.waitingSinceMs !== undefined || this.#lease.untilReleased !== undefined;
    return !isBusy && this.#parts.conversation.isWaitingForClient;
  }

  get isInTransaction(): boolean {
    return this.#parts.conversation.isInTransaction;
  }

  get waitingSinceMs(): number | undefined {
    return this.#lease.waitingSinceMs;
  }

  get databaseConnection(): number | undefined {
    return this.#lease.backend?.id;
  }

  get isPinned(): boolean {
    return this.#lease.isPinned;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  silence(): void {
    this.#isSilent = true;
  }

  fatalError(reason: FatalReason): Buffer | undefined {
    return this.#isInsideReply ? undefined : this.#parts.conversation.fatalError(reason);
  }

  async connect(): Promise<Buffer> {
    const { greeting } = await this.#lease.borrow(this.#over.signal);
    this.#lease.releaseIfIdle();
    return this.#parts.encodeWelcome(greeting);
  }

  async run<T>(stopped: Promise<T>): Promise<RelayEnd | T> {
    try {
      return await Promise.race([this.#forwardRequests(), this.#ended.promise, stopped]);
    } finally {
      this.#over.abort();
    }
  }

  failOver(manner: FailoverManner): "unaffected" | "notified" | "ends" {
    if (this.#lease.backend === undefined || this.#isSilent) return "unaffected";
    if (manner !== "error" || !this.#lease.isShared || this.#isInsideReply) return "ends";
    const { conversation, failedOver } = this.#parts;
    if (conversation.isAnswered && conversation.isInTransaction) this.#belatedRefusal = failedOver;
    const backend = this.#lease.detach();
    // The failover is simulated: the real server would run the statement to its end.
    void backend?.cancel().finally(() => backend.destroy());
    void this.#parts.client.write(conversation.abandon(failedOver));
    if (this.#unfinished !== undefined) this.#fate = this.#fateOfRest(this.#unfinished);
    return "notified";
  }

  async closeBackend(manner: "cancel" | "drop"): Promise<void> {
    const { isAnswered, isInTransaction } = this;
    const backend = this.#lease.detach();
    if (backend === undefined) return;
    if (!isAnswered || isInTransaction) {
      this.#parts.session.log(
        "The database connection closed. Reason: The client connection that borrowed this database connection from the connection pool was closed in the middle of a request.",
      );
    }
    if (isAnswered) return await backend.end();
    if (manner === "drop") return await backend.destroy();
    await backend.cancel();
    await backend.end();
  }

  async onReplies(pieces: Iterable<Piece>): Promise<void> {
    const { client, conversation } = this.#parts;
    const run = new ByteRun();
    const { backend } = this.#lease;
    for (const piece of pieces) {
      // What follows the last reply concerns the backend, which is about to go to another client.
      if (this.#isOver) {
        backend?.onUnsolicited(piece);
        continue;
      }
      if (this.#loss === undefined) {
        run.add(conversation.rewrite(piece));
        this.#isInsideReply = !piece.isLast;
      }
      const waits = conversation.onReply(piece);
      if (waits && this.#loss !== undefined && this.#isLossDue(this.#loss)) {
        if (this.#loss !== "silence") return this.#ended.resolve(this.#loss);
        this.#isSilent = true;
        this.#loss = undefined;
      }
    }
    this.#touch();
    this.#releaseIfIdle();
    const written = this.#isSilent ? undefined : client.write(run.take());
    // A slow client holds up only its own backend, not one that went back to the pool meanwhile.
    if (backend === this.#lease.backend) await written;
  }

  onDatabaseEnd(hasFailed: boolean): void {
    if (this.#lease.detach() === undefined) return;
    // A silenced session shows nothing to its client, not even the end of the database connection.
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

  /** Resolves with `true` when the client ends the session. */
  async #forwardChunk(chunk: Buffer): Promise<boolean> {
    const { conversation } = this.#parts;
    const run = new ByteRun();
    // The backend must not be given back before the whole chunk is sent.
    this.#isForwarding = true;
    for (const piece of conversation.splitRequests(chunk)) {
      if (piece.isFirst) this.#fate = await this.#decide(piece, run);
      if (conversation.endsSession(piece)) {
        this.#read(piece);
        await this.#send(run);
        // The message is not forwarded: the proxy decides how the database connection ends.
        return true;
      }
      await this.#forwardPiece(piece, run);
    }
    await this.#send(run);
    this.#isForwarding = false;
    this.#releaseIfIdle();
    return false;
  }

  /** What becomes of the rest of a message that has lost its backend. */
  #fateOfRest(piece: Piece): Fate {
    const { conversation, failedOver } = this.#parts;
    if (conversation.isSkipping || !conversation.isRequest(piece)) return "drop";
    this.#refusal = failedOver;
    return "refuse";
  }

  /** Does what has to happen before a message, and decides what becomes of it. */
  async #decide(piece: Piece, run: ByteRun): Promise<Fate> {
    const { conversation, proxy } = this.#parts;
    if (conversation.endsSession(piece)) return "drop";
    if (conversation.isSkipping) return "skip";
    // COPY or file data for a request that was abandoned.
    if (!conversation.isRequest(piece)) return this.#lease.backend === undefined ? "drop" : "forward";
    // Between two requests, the proxy may borrow a backend and run statements on it.
    if (conversation.isAnswered) {
      await this.#send(run);
      await this.#lease.untilReleased;
      this.#hasTimedOut = false;
      this.#refusal = this.#belatedRefusal ?? (await this.#ensureBackend());
      this.#belatedRefusal = undefined;
      if (this.#refusal !== undefined) return "refuse";
      this.#refusal = await this.#beforeRequest(piece);
      if (this.#refusal !== undefined) return "refuse";
    }
    if (conversation.countsAsStatement(piece)) {
      proxy.counters.queryRequests += 1;
      this.queryCount += 1;
    }
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
        this.#unfinished = piece.isLast ? undefined : piece;
        if (message !== undefined && conversation.runsCommit(message)) this.#onCommit(piece);
        const cause = message && !this.#lease.isPinned ? state.note(message) : undefined;
        if (cause !== undefined) this.#lease.pin(cause);
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

  /** Makes the fault happen that is armed for a COMMIT, before it is sent. */
  #onCommit({ isFirst }: Piece): void {
    const { counters, faults } = this.#parts.proxy;
    // Part of a long text is at the database already.
    const fault = isFirst ? faults.ofCommits.take() : undefined;
    if (fault === undefined) return;
    counters.countLostCommit(fault);
    const { loss, isSent } = lossOfCommit[fault];
    if (isSent) {
      this.#loss = loss;
      return;
    }
    // A silent session sends nothing to the database.
    this.#isSilent = true;
    if (loss !== "silence") this.#ended.resolve(loss);
  }

  /** Whether the reply that gets lost is complete. */
  #isLossDue(loss: Loss): boolean {
    // Other requests may have been sent before a COMMIT, without waiting for their replies.
    return loss === "reply-lost" || this.#parts.conversation.isWaitingForClient;
  }

  async #refuse(): Promise<void> {
    const { client, conversation, proxy } = this.#parts;
    if (this.#refusal === undefined) return;
    if (this.#hasTimedOut && proxy.options.statementBorrowTimeout === "close")
      return this.#ended.resolve("borrow-timed-out");
    await client.write(conversation.abandon(this.#refusal));
  }

  async #send(run: ByteRun): Promise<void> {
    // Without a backend the bytes are dropped: their requests were abandoned.
    const bytes = run.take();
    if (!this.#isSilent) await this.#lease.backend?.send(bytes);
  }

  /** Assembles the client's message, and records it with `recordMessages`. */
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

  /** Borrows at the start of a transaction; resolves with the error for the client when that fails. */
  async #ensureBackend(): Promise<Refusal | undefined> {
    if (this.#lease.backend !== undefined) return undefined;
    const { session } = this.#parts;
    try {
      await this.#lease.borrow(this.#over.signal);
      return undefined;
    } catch (error) {
      this.#over.signal.throwIfAborted();
      this.#hasTimedOut = error instanceof BorrowTimeout;
      return session.refusalOf(error);
    }
  }

  /** Prepares the backend for a request; resolves with the error for the client when that fails. */
  async #beforeRequest(piece: Piece): Promise<Refusal | undefined> {
    const { conversation, failedOver, proxy, state } = this.#parts;
    const { faults } = proxy;
    const isReadOnly = faults.isReadOnly || proxy.options.targetRole === "read-only";
    const { backend } = this.#lease;
    if (backend !== undefined && !conversation.isInTransaction && backend.isReadOnly !== isReadOnly) {
      backend.isReadOnly = isReadOnly;
      await backend.run(state.readOnlyStatement(isReadOnly));
    }
    const restoring = state.restore(piece);
    if (restoring !== undefined) await backend?.run(restoring);
    if (restoring?.error !== undefined) return restoring.error;
    // A failover may have taken it meanwhile.
    if (this.#lease.backend === undefined) return failedOver;
    if (conversation.opensStatement(piece) && faults.takeLostReply()) this.#loss = "reply-lost";
    return undefined;
  }

  /** Whether the client has nothing more to send to its backend, nor to receive from it. */
  get #isOver(): boolean {
    // A backend whose reply gets lost stays with its client until the session ends.
    return !this.#isForwarding && this.#loss === undefined && this.#lease.isOver;
  }

  #releaseIfIdle(): void {
    if (!this.#isForwarding && this.#loss === undefined) this.#lease.releaseIfIdle();
  }

  #touch(): void {
    this.lastActiveAtMs = this.#parts.proxy.options.now();
  }
}
