import type { Backend, BackendBorrower } from "../backend/backend.js";
import { type BackendPool, BorrowTimeout } from "../backend/backend-pool.js";
import type { Conversation, MessagePiece } from "../conversation.js";
import type { SessionContext } from "../engine.js";
import { describePin, type Pin, type PinCause } from "../pinning/pin.js";
import type { ProxyState } from "../proxy-state.js";
import type { SessionState } from "../session-state.js";

/** What a client's lease works with. */
export interface LeaseParts<Piece extends MessagePiece> {
  readonly pool: BackendPool<Backend<Piece>>;
  readonly conversation: Conversation<Piece>;
  readonly state: SessionState<Piece>;
  /** Number of the client connection. */
  readonly connection: number;
  readonly proxy: ProxyState;
  readonly session: SessionContext;
}

/** One client's hold on a backend: for a transaction, or for the rest of the session once that is pinned. */
export class BackendLease<Piece extends MessagePiece> {
  readonly #parts: LeaseParts<Piece>;
  readonly #borrower: BackendBorrower<Piece>;
  #backend: Backend<Piece> | undefined;
  #pin: Pin | undefined;
  #releasing: Promise<void> | undefined;
  #countsTransaction = false;
  #waitingSinceMs: number | undefined;

  /** `borrower` receives the replies of the backend. */
  constructor(parts: LeaseParts<Piece>, borrower: BackendBorrower<Piece>) {
    this.#parts = parts;
    this.#borrower = borrower;
  }

  /** The borrowed backend, if any. */
  get backend(): Backend<Piece> | undefined {
    return this.#backend;
  }

  get isPinned(): boolean {
    return this.#pin !== undefined;
  }

  /** When it began to wait for a backend, in ms of `performance.now()`; `undefined` while it does not. */
  get waitingSinceMs(): number | undefined {
    return this.#waitingSinceMs;
  }

  /** Whether the backend goes back to the pool after each transaction. */
  get isShared(): boolean {
    return this.#pin === undefined && this.#parts.proxy.options.multiplexing;
  }

  /** Whether the backend may go back now: it is shared, and by the protocol the transaction is over. */
  get isOver(): boolean {
    const { conversation } = this.#parts;
    return this.isShared && conversation.isAnswered && !conversation.isInTransaction;
  }

  /** Resolves when the release that is under way is done; `undefined` when there is none. */
  get untilReleased(): Promise<void> | undefined {
    return this.#releasing;
  }

  /** Borrows a backend that fits the session's state; rejects as the pool does. */
  async borrow(signal: AbortSignal): Promise<Backend<Piece>> {
    const { pool, proxy } = this.#parts;
    const startedAtMs = performance.now();
    this.#waitingSinceMs = startedAtMs;
    const backend = await this.#borrowFit(startedAtMs, signal).finally(() => {
      this.#waitingSinceMs = undefined;
    });
    proxy.counters.countBorrow(performance.now() - startedAtMs);
    if (signal.aborted) {
      pool.giveBack(backend);
      throw signal.reason;
    }
    this.#backend = backend;
    backend.setBorrower(this.#borrower);
    return backend;
  }

  /** Keeps the backend for the rest of the session, and logs why. */
  pin(cause: PinCause): void {
    const { connection, proxy, session } = this.#parts;
    if (this.#backend === undefined || this.#pin !== undefined) return;
    this.#pin = { connection, databaseConnection: this.#backend.id, ...cause };
    proxy.pins.add(this.#pin);
    proxy.counters.databaseConnectionsPinned += 1;
    session.log(describePin(this.#pin), "WARN");
  }

  /** Gives the backend back if the transaction is over by the protocol, after reading what the client has changed. */
  releaseIfIdle(): void {
    const { conversation, state } = this.#parts;
    const backend = this.#backend;
    this.#countTransaction(conversation.isInTransaction);
    if (backend === undefined || !this.isOver || this.#releasing !== undefined) return;
    const changes = state.readChanges(backend);
    if (changes === undefined) {
      this.#giveBack(backend);
      return;
    }
    this.#releasing = changes.then(() => {
      this.#releasing = undefined;
      // The session may have lost it meanwhile.
      if (backend === this.#backend) this.#giveBack(backend);
    });
  }

  /** Ends the lease without giving the backend back; the caller closes it. */
  detach(): Backend<Piece> | undefined {
    const { pool, proxy } = this.#parts;
    const backend = this.#backend;
    if (backend === undefined) return undefined;
    this.#backend = undefined;
    this.#countTransaction(false);
    if (this.#pin !== undefined) proxy.counters.databaseConnectionsPinned -= 1;
    backend.setBorrower(undefined);
    pool.remove(backend);
    return backend;
  }

  /** Borrows again when the server ends a backend between the pool and its borrower. */
  async #borrowFit(startedAtMs: number, signal: AbortSignal): Promise<Backend<Piece>> {
    const { pool, proxy, state } = this.#parts;
    let leftMs = proxy.options.borrowTimeoutMs;
    while (true) {
      const backend = await pool.borrow(state.borrowRequest(), leftMs, signal);
      if (backend.isFit) return backend;
      pool.giveBack(backend);
      if (leftMs > 0) leftMs = proxy.options.borrowTimeoutMs - (performance.now() - startedAtMs);
      if (leftMs < 0) throw new BorrowTimeout("the database ended each connection before it could be used");
    }
  }

  #giveBack(backend: Backend<Piece>): void {
    const { pool } = this.#parts;
    this.#backend = undefined;
    backend.setBorrower(undefined);
    pool.giveBack(backend);
  }

  #countTransaction(isInTransaction: boolean): void {
    const change = Number(isInTransaction) - Number(this.#countsTransaction);
    this.#countsTransaction = isInTransaction;
    this.#parts.proxy.counters.databaseConnectionsInTransaction += change;
  }
}
