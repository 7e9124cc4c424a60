import type { Backend, BackendHolder } from "../backend/backend.js";
import type { BackendPool } from "../backend/backend-pool.js";
import type { Conversation, MessagePiece } from "../conversation.js";
import type { SessionContext } from "../engine.js";
import { describePin, type Pin, type PinCause } from "../pinning/pin.js";
import type { ProxyState } from "../proxy-state.js";
import type { SessionState } from "../session-state.js";

/** What one client's loans have in common. */
export interface LoanParts<Piece extends MessagePiece> {
  readonly pool: BackendPool<Backend<Piece>>;
  readonly conversation: Conversation<Piece>;
  readonly state: SessionState<Piece>;
  /** Number of the client connection. */
  readonly connection: number;
  readonly proxy: ProxyState;
  readonly session: SessionContext;
}

/** The backend that a client has for the time of a transaction, or to its end once it is pinned. */
export class BackendLoan<Piece extends MessagePiece> {
  readonly #parts: LoanParts<Piece>;
  readonly #holder: BackendHolder<Piece>;
  #backend: Backend<Piece> | undefined;
  #pin: Pin | undefined;
  #settling: Promise<void> | undefined;
  #countsTransaction = false;
  #waitingSinceMs: number | undefined;

  /** `holder` gets what the backend says. */
  constructor(parts: LoanParts<Piece>, holder: BackendHolder<Piece>) {
    this.#parts = parts;
    this.#holder = holder;
  }

  /** `undefined` while nothing is borrowed. */
  get backend(): Backend<Piece> | undefined {
    return this.#backend;
  }

  get isPinned(): boolean {
    return this.#pin !== undefined;
  }

  /** Since when it has waited for a backend, in ms of `performance.now()`. */
  get waitingSinceMs(): number | undefined {
    return this.#waitingSinceMs;
  }

  /** Whether the backend is for one transaction only. */
  get isShared(): boolean {
    return this.#pin === undefined && this.#parts.proxy.options.multiplexing;
  }

  /** Resolves when the proxy has no questions of its own under way. */
  get settled(): Promise<void> | undefined {
    return this.#settling;
  }

  /** Borrows what the session needs now; rejects as the pool does. */
  async borrow(signal: AbortSignal): Promise<Backend<Piece>> {
    const { pool, proxy, state } = this.#parts;
    const startedAtMs = performance.now();
    this.#waitingSinceMs = startedAtMs;
    const backend = await pool.borrow(state.wish(), proxy.options.borrowTimeoutMs, signal).finally(() => {
      this.#waitingSinceMs = undefined;
    });
    proxy.counters.countBorrow(performance.now() - startedAtMs);
    if (signal.aborted) {
      pool.giveBack(backend);
      throw signal.reason;
    }
    this.#backend = backend;
    backend.lendTo(this.#holder);
    return backend;
  }

  /** Keeps the backend for the rest of the session. */
  pin(cause: PinCause): void {
    const { connection, proxy, session } = this.#parts;
    if (this.#backend === undefined || this.#pin !== undefined) return;
    this.#pin = { connection, databaseConnection: this.#backend.id, ...cause };
    proxy.pins.add(this.#pin);
    proxy.counters.databaseConnectionsPinned += 1;
    session.log(describePin(this.#pin), "WARN");
  }

  /** Gives the backend back if the protocol says that the transaction is over, after the proxy's own questions. */
  settle(): void {
    const { conversation, state } = this.#parts;
    const backend = this.#backend;
    this.#countTransaction(conversation.isInTransaction);
    const isOver = conversation.isAnswered && !conversation.isInTransaction;
    if (backend === undefined || !isOver || !this.isShared || this.#settling !== undefined) return;
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

  /** Has nothing to do with the backend any more, which whoever calls this closes. */
  letGo(): Backend<Piece> | undefined {
    const { pool, proxy } = this.#parts;
    const backend = this.#backend;
    if (backend === undefined) return undefined;
    this.#backend = undefined;
    this.#countTransaction(false);
    if (this.#pin !== undefined) proxy.counters.databaseConnectionsPinned -= 1;
    backend.lendTo(undefined);
    pool.discard(backend);
    return backend;
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

  #countTransaction(isInTransaction: boolean): void {
    const change = Number(isInTransaction) - Number(this.#countsTransaction);
    this.#countsTransaction = isInTransaction;
    this.#parts.proxy.counters.databaseConnectionsInTransaction += change;
  }
}
