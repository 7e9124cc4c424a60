import type { Backend, BackendHolder } from "./backend.js";
import { type BackendPool, BorrowTimeout } from "./backend-pool.js";
import { ByteRun } from "./byte-run.js";
import type { ClientSocket } from "./client-socket.js";
import { BrokenFraming, type Conversation, type MessagePiece } from "./conversation.js";
import type { LastWords, SessionContext, SessionRelay } from "./engine.js";
import type { FailoverManner } from "./faults.js";
import { describePin, type Pin, type PinCause } from "./pin.js";
import type { ProxyState } from "./proxy-state.js";
import type { Refusal } from "./refusal.js";
import type { RelayEnd } from "./relay-end.js";
import type { SessionState } from "./session-state.js";

/** What is to become of a client's message. */
type Fate = "forward" | "replace" | "refuse" | "skip" | "drop";

/** What one relay works with. */
export interface RelayParts<Piece extends MessagePiece> {
  readonly client: ClientSocket;
  readonly pool: BackendPool<Backend<Piece>>;
  readonly conversation: Conversation<Piece>;
  readonly state: SessionState<Piece>;
  /** Number of the client connection. */
  readonly connection: number;
  readonly proxy: ProxyState;
  readonly session: SessionContext;
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
  readonly #ended = Promise.withResolvers<RelayEnd>();
  readonly #over = new AbortController();
  lastActiveAtMs: number;
  #backend: Backend<Piece> | undefined;
  #pin: Pin | undefined;
  #fate: Fate = "forward";
  #refusal: Refusal | undefined;
  #hasTimedOut = false;
  // What the next request is told, since its transaction is lost.
  #belatedRefusal: Refusal | undefined;
  #settling: Promise<void> | undefined;
  #isForwarding = false;
  #isReplyLost = false;
  #isInsideReply = false;
  #isSilent = false;
  #countsTransaction = false;

  constructor(parts: RelayParts<Piece>) {
    this.#parts = parts;
    this.lastActiveAtMs = parts.proxy.options.now();
    parts.client.left.addEventListener("abort", () => this.#over.abort(parts.client.left.reason));
  }

  get isAnswered(): boolean {
    return this.#parts.conversation.isAnswered;
  }

  get isInTransaction(): boolean {
    return this.#parts.conversation.isInTransaction;
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
    const backend = await this.#borrow();
    const { greeting } = backend;
    this.#settle();
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
    const backend = this.#backend;
    if (backend === undefined || this.#isSilent) return "unharmed";
    const { conversation, failedOver, proxy } = this.#parts;
    if (manner !== "error" || this.#pin !== undefined || !proxy.options.multiplexing || this.#isInsideReply)
      return "ends";
    if (conversation.isAnswered && conversation.isInTransaction) this.#belatedRefusal = failedOver;
    this.#letGo(backend);
    // The real server has not gone away, and would run on.
    void backend.cancel().finally(() => backend.destroy());
    void this.#parts.client.write(conversation.abandon(failedOver));
    return "told";
  }

  async release(manner: "cancel" | "drop"): Promise<void> {
    const backend = this.#backend;
    if (backend === undefined) return;
    const { isAnswered, isInTransaction } = this;
    this.#letGo(backend);
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
      run.add(conversation.rewrite(piece));
      this.#isInsideReply = !piece.isLast;
      const waits = conversation.onReply(piece);
      if (waits && this.#isReplyLost) return this.#ended.resolve("reply-lost");
    }
    this.#touch();
    const backend = this.#backend;
    if (!this.#isForwarding) this.#settle();
    const written = this.#isSilent ? undefined : client.write(run.take());
    // A client that is slow to read holds up its own backend, but not one that is somebody else's by now.
    if (backend === this.#backend) await written;
  }

  onDatabaseEnd(hasFailed: boolean): void {
    const backend = this.#backend;
    if (backend === undefined) return;
    this.#letGo(backend);
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
    if (!conversation.isRequest(piece)) return this.#backend === undefined ? "drop" : "forward";
    // A request that follows an answered one is the place for whatever has to happen between two requests.
    if (conversation.isAnswered) {
      await this.#send(run);
      await this.#settling;
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
      case "forward":
      case "replace": {
        conversation.onRequest(piece);
        if (this.#fate === "forward") run.add(piece.bytes);
        const cause = message && this.#pin === undefined ? state.note(message) : undefined;
        if (cause !== undefined) this.#keepBackend(cause);
        break;
      }
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
    if (!this.#isSilent) await this.#backend?.send(run.take());
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
    if (this.#backend !== undefined) return undefined;
    const { session } = this.#parts;
    try {
      await this.#borrow();
      return undefined;
    } catch (error) {
      this.#over.signal.throwIfAborted();
      this.#hasTimedOut = error instanceof BorrowTimeout;
      return session.refusalOf(error);
    }
  }

  async #borrow(): Promise<Backend<Piece>> {
    const { pool, proxy, state } = this.#parts;
    const { signal } = this.#over;
    const backend = await pool.borrow(state.wish(), proxy.options.borrowTimeoutMs, signal);
    if (signal.aborted) {
      pool.giveBack(backend);
      throw signal.reason;
    }
    this.#backend = backend;
    backend.lendTo(this);
    return backend;
  }

  async #beforeRequest(piece: Piece): Promise<void> {
    const { conversation, proxy, state } = this.#parts;
    const { faults } = proxy;
    const isReadOnly = faults.isReadOnly || proxy.options.targetRole === "read-only";
    const backend = this.#backend;
    if (backend !== undefined && !conversation.isInTransaction && backend.isReadOnly !== isReadOnly) {
      backend.isReadOnly = isReadOnly;
      await backend.run(state.readOnlyStatement(isReadOnly));
    }
    if (conversation.opensStatement(piece) && faults.takeLostReply()) this.#isReplyLost = true;
  }

  #keepBackend(cause: PinCause): void {
    const { connection, proxy, session } = this.#parts;
    if (this.#backend === undefined) return;
    this.#pin = { connection, databaseConnection: this.#backend.id, ...cause };
    proxy.pins.add(this.#pin);
    proxy.counters.databaseConnectionsPinned += 1;
    session.log(describePin(this.#pin), "WARN");
  }

  /** Gives the backend back once the protocol says that the transaction is over. */
  #settle(): void {
    const { conversation, proxy, state } = this.#parts;
    const backend = this.#backend;
    this.#countTransaction(conversation.isInTransaction);
    if (backend === undefined || !conversation.isAnswered || conversation.isInTransaction) return;
    if (this.#pin !== undefined || this.#isReplyLost || !proxy.options.multiplexing) return;
    if (this.#settling !== undefined) return;
    const questions = state.settle(backend);
    if (questions === undefined) {
      this.#giveBack(backend);
      return;
    }
    this.#settling = questions.then(() => {
      this.#settling = undefined;
      // It may have been lost meanwhile.
      if (backend === this.#backend) this.#giveBack(backend);
    });
  }

  #giveBack(backend: Backend<Piece>): void {
    const { pool } = this.#parts;
    this.#backend = undefined;
    backend.lendTo(undefined);
    if (!backend.isSpoilt) {
      pool.giveBack(backend);
      return;
    }
    pool.discard(backend);
    void backend.terminate();
  }

  /** Has nothing to do with the backend any more, which is about to close. */
  #letGo(backend: Backend<Piece>): void {
    const { pool, proxy } = this.#parts;
    this.#backend = undefined;
    this.#countTransaction(false);
    if (this.#pin !== undefined) proxy.counters.databaseConnectionsPinned -= 1;
    backend.lendTo(undefined);
    pool.discard(backend);
  }

  #touch(): void {
    this.lastActiveAtMs = this.#parts.proxy.options.now();
  }

  #countTransaction(isInTransaction: boolean): void {
    const change = Number(isInTransaction) - Number(this.#countsTransaction);
    this.#countsTransaction = isInTransaction;
    this.#parts.proxy.counters.databaseConnectionsInTransaction += change;
  }
}
