import { ByteRun } from "./byte-run.js";
import type { ClientSocket } from "./client-socket.js";
import { BrokenFraming, type Conversation, type MessagePiece } from "./conversation.js";
import type { LastWords, SessionRelay } from "./engine.js";
import type { ProxyState } from "./proxy-state.js";
import type { RelayEnd } from "./relay-end.js";
import type { Upstream } from "./upstream.js";

/** Carries one logged-in client's messages to the database and the replies back, until one of them ends. */
export class Relay<Piece extends MessagePiece> implements SessionRelay {
  readonly #client: ClientSocket;
  readonly #upstream: Upstream;
  readonly #conversation: Conversation<Piece>;
  readonly #connection: number;
  readonly #proxy: ProxyState;
  #fateOfReplies: "forward" | "swallow" | "lose" = "forward";
  #wakeInjection: (() => void) | undefined;
  #isReadOnly = false;
  #isInTransaction = false;
  #isReplacing = false;
  #isInsideReply = false;
  #isSilent = false;
  #isOver = false;

  constructor(
    client: ClientSocket,
    upstream: Upstream,
    conversation: Conversation<Piece>,
    connection: number,
    proxy: ProxyState,
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#conversation = conversation;
    this.#connection = connection;
    this.#proxy = proxy;
  }

  get isAnswered(): boolean {
    return this.#conversation.isAnswered;
  }

  silence(): void {
    this.#isSilent = true;
  }

  lastWords(reason: LastWords): Buffer | undefined {
    return this.#isInsideReply ? undefined : this.#conversation.lastWords(reason);
  }

  async run<T>(stopped: Promise<T>): Promise<RelayEnd | T> {
    try {
      return await Promise.race([this.#forwardRequests(), this.#forwardReplies(), stopped]);
    } finally {
      this.#isOver = true;
      this.#wakeInjection?.();
      this.#countTransaction(false);
    }
  }

  async #forwardRequests(): Promise<RelayEnd> {
    while (true) {
      const chunk = await this.#client.readChunk();
      if (chunk === undefined || this.#isOver) return "client-left";
      if (this.#isSilent) continue;
      try {
        if (await this.#forwardChunk(chunk)) return "client-terminated";
      } catch (error) {
        if (error instanceof BrokenFraming) return "client-broke-protocol";
        throw error;
      }
    }
  }

  /** Resolves with whether the client asked to end the session. */
  async #forwardChunk(chunk: Buffer): Promise<boolean> {
    const run = new ByteRun();
    for (const piece of this.#conversation.splitRequests(chunk)) {
      const isFarewell = await this.#forwardRequest(piece, run);
      if (!isFarewell) continue;
      await this.#send(run);
      return true;
    }
    await this.#send(run);
    return false;
  }

  async #forwardRequest(piece: Piece, run: ByteRun): Promise<boolean> {
    const conversation = this.#conversation;
    let replacement: Buffer | undefined;
    if (piece.isFirst) {
      // A request that follows an answered one is the place for whatever has to happen between two requests.
      if (conversation.isRequest(piece) && conversation.isAnswered) await this.#beforeRequest(piece);
      replacement = conversation.replacement(piece, this.#proxy.faults.ofStatements);
      this.#isReplacing = replacement !== undefined;
      if (conversation.countsAsStatement(piece)) this.#proxy.counters.queryRequests += 1;
    }
    conversation.onRequest(piece);
    this.#record(piece);
    // A farewell is not passed on: how the database session ends is not the client's to say.
    if (conversation.isFarewell(piece)) return true;
    if (replacement !== undefined) run.add(replacement);
    else if (!this.#isReplacing) run.add(piece.bytes);
    return false;
  }

  async #send(run: ByteRun): Promise<void> {
    if (!this.#isSilent && !this.#isOver) await this.#upstream.write(run.take());
  }

  #record(piece: Piece): void {
    const { recording } = this.#proxy;
    const message = recording && this.#conversation.record(piece);
    if (message !== undefined) recording?.push({ connection: this.#connection, ...message });
  }

  async #beforeRequest(piece: Piece): Promise<void> {
    const { faults } = this.#proxy;
    if (!this.#conversation.isInTransaction && this.#isReadOnly !== faults.isReadOnly) {
      this.#isReadOnly = faults.isReadOnly;
      await this.#inject(this.#conversation.readOnlyStatement(this.#isReadOnly));
    }
    if (this.#conversation.opensStatement(piece) && faults.takeLostReply()) this.#fateOfReplies = "lose";
  }

  /** Runs a statement of the proxy's own, unseen by the client. */
  async #inject(statement: string): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#wakeInjection = resolve;
    });
    this.#fateOfReplies = "swallow";
    await this.#upstream.write(this.#conversation.startStatement(statement));
    await answered;
  }

  async #forwardReplies(): Promise<RelayEnd> {
    while (true) {
      const chunk = await this.#upstream.reader.readChunk();
      if (chunk === undefined || this.#isOver) break;
      const run = new ByteRun();
      for (const piece of this.#conversation.splitReplies(chunk)) {
        const fate = this.#fateOfReplies;
        if (fate === "forward") {
          run.add(piece.bytes);
          this.#isInsideReply = !piece.isLast;
        }
        if (this.#noteReply(piece) && fate === "lose") return "reply-lost";
      }
      if (!this.#isSilent) await this.#client.write(run.take());
    }
    // A silent peer does not even tell that its database is gone.
    if (this.#isSilent) await this.#client.swallow();
    return this.#upstream.hasFailed ? "database-reset" : "database-closed";
  }

  /** Says whether the database has come to a point where it waits for the client. */
  #noteReply(piece: Piece): boolean {
    const waits = this.#conversation.onReply(piece);
    this.#countTransaction(this.#conversation.isInTransaction);
    if (this.#fateOfReplies === "swallow" && this.#conversation.isAnswered) {
      this.#fateOfReplies = "forward";
      this.#wakeInjection?.();
    }
    return waits;
  }

  #countTransaction(isInTransaction: boolean): void {
    const change = Number(isInTransaction) - Number(this.#isInTransaction);
    this.#isInTransaction = isInTransaction;
    this.#proxy.counters.databaseConnectionsInTransaction += change;
  }
}
