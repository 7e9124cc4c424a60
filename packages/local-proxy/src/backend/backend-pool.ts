/** What the pool holds: a connection to the database. */
export interface Poolable {
  /** Only borrowers that ask for the same key get it. */
  readonly key: string;
  /** When it was opened, in ms of the proxy's clock. */
  readonly openedAtMs: number;
  /** When it was last given back, or else opened, in ms of the proxy's clock. */
  readonly returnedAtMs: number;
  /** Whether it may be lent: neither closed nor about to be closed by the server, and its session state is known. */
  readonly isFit: boolean;
  /** Resolves when it is closed, for whatever reason. Never rejects. */
  readonly closed: Promise<void>;
  /** Closes it gracefully; resolves when it is closed. */
  end(): Promise<void>;
}

/** What a borrower asks the pool for. */
export interface BorrowRequest<B> {
  readonly key: string;
  /** Opens a backend of that key within `timeoutMs`; `signal` aborts when the borrower has left. */
  open(timeoutMs: number, signal: AbortSignal): Promise<B>;
}

/** How long the pool keeps backends. */
export interface IdleLimits {
  /** Most backends that stay idle for longer than `idleMs`. */
  readonly maxIdle: number;
  readonly idleMs: number;
  /** Maximum age of a backend, in ms. */
  readonly lifeMs: number;
}

/** No backend became available within the borrow timeout. */
export class BorrowTimeout extends Error {
  override readonly name = "BorrowTimeout";
}

interface Waiter<B> {
  readonly key: string;
  /** Gets an idle backend, or `undefined`: a slot in which the borrower opens its own. */
  readonly serve: (idle: B | undefined) => void;
}

// A borrower that does not wait has no way to cancel.
const never = new AbortController().signal;

/** A pool of at most `capacity` backends. Borrowers are served in the order in which they came. */
export class BackendPool<B extends Poolable> {
  readonly capacity: number;
  // The longest idle first.
  readonly #idle: B[] = [];
  readonly #borrowed = new Set<B>();
  readonly #waiters = new Set<Waiter<B>>();
  readonly #openingAhead = new Set<string>();
  // Slots in use: idle, borrowed, opening and closing backends.
  #slots = 0;
  #opening = 0;
  #closing = 0;
  #isSuspended = false;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Backends that are borrowed, or are being opened for a borrower. */
  get borrowed(): number {
    return this.#borrowed.size + this.#opening;
  }

  /** Borrowers in the queue. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Open backends that are not borrowed. */
  get idle(): number {
    return this.#idle.length;
  }

  /**
   * Resolves with an idle backend of the request's key, or with a new one. Rejects with {@link BorrowTimeout} after
   * `timeoutMs`, with the signal's reason when `signal` aborts, and with the error of `open`. With a timeout of 0 only
   * an idle backend is returned; if there is none, the pool opens one in the background for the next borrower.
   */
  async borrow(request: BorrowRequest<B>, timeoutMs: number, signal: AbortSignal): Promise<B> {
    signal.throwIfAborted();
    if (timeoutMs === 0) return this.#borrowAtOnce(request);
    const deadline = performance.now() + timeoutMs;
    const idle = await this.#wait(request.key, timeoutMs, signal);
    if (idle !== undefined) return idle;
    const backend = await this.#open(request, Math.max(1, deadline - performance.now()), signal);
    this.#borrowed.add(backend);
    return backend;
  }

  /** Takes a backend back for the next borrower of its key. One that is not fit, or of a suspended pool, is closed. */
  giveBack(backend: B): void {
    if (this.#isSuspended || !backend.isFit) {
      this.remove(backend);
      void backend.end();
    } else if (this.#borrowed.delete(backend)) {
      this.#idle.push(backend);
    }
    this.#serve();
  }

  /** Drops a borrowed backend, which the caller closes. Its slot is free once it is closed. */
  remove(backend: B): void {
    if (!this.#borrowed.delete(backend)) return;
    this.#closing += 1;
    void backend.closed.then(() => {
      this.#closing -= 1;
      this.#freeSlot();
    });
  }

  /** Closes idle backends, and keeps all borrowers waiting until {@link resume}. */
  suspend(): void {
    this.#isSuspended = true;
    this.#endIdle();
  }

  resume(): void {
    this.#isSuspended = false;
    this.#serve();
  }

  /** Closes backends that have been idle for too long or are too old. */
  sweep(nowMs: number, { maxIdle, idleMs, lifeMs }: IdleLimits): void {
    for (const backend of [...this.#idle]) {
      const isSurplus = this.#idle.length > maxIdle && nowMs - backend.returnedAtMs >= idleMs;
      if (isSurplus || nowMs - backend.openedAtMs >= lifeMs) this.#end(backend);
    }
  }

  /** Closes idle backends; resolves when they are closed. */
  async close(): Promise<void> {
    const closing = this.#idle.map((backend) => backend.closed);
    this.suspend();
    await Promise.all(closing);
  }

  #borrowAtOnce(request: BorrowRequest<B>): B {
    const idle = this.#waiters.size === 0 && !this.#isSuspended ? this.#takeIdle(request.key) : undefined;
    if (idle !== undefined) return idle;
    void this.#openAhead(request);
    throw new BorrowTimeout("no database connection of this kind is idle");
  }

  async #openAhead(request: BorrowRequest<B>): Promise<void> {
    if (this.#isSuspended || this.#openingAhead.has(request.key)) return;
    if (this.#slots >= this.capacity) return this.#evictOldestIdle();
    this.#openingAhead.add(request.key);
    this.#slots += 1;
    try {
      const backend = await this.#open(request, 1, never);
      this.#borrowed.add(backend);
      this.giveBack(backend);
    } catch {
      // The next borrower tries again and gets the error.
    } finally {
      this.#openingAhead.delete(request.key);
    }
  }

  /** Resolves with an idle backend, or with `undefined` for a free slot. */
  #wait(key: string, timeoutMs: number, signal: AbortSignal): Promise<B | undefined> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter<B> = {
        key,
        serve(idle) {
          leave();
          resolve(idle);
        },
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
        // The next in the queue may be able to use an idle backend that this one could not.
        this.#serve();
      };
      const timer = setTimeout(() => {
        leave();
        reject(new BorrowTimeout(`no database connection became free within ${timeoutMs} ms`));
        this.#serve();
      }, timeoutMs);
      signal.addEventListener("abort", onAbort);
      this.#waiters.add(waiter);
      this.#serve();
    });
  }

  /** Serves waiting borrowers in order, until neither an idle backend nor a free slot is left. */
  #serve(): void {
    if (this.#isSuspended) return;
    for (const waiter of this.#waiters) {
      const idle = this.#takeIdle(waiter.key);
      if (idle === undefined) {
        if (this.#slots >= this.capacity) {
          this.#evictOldestIdle();
          return;
        }
        this.#slots += 1;
      }
      waiter.serve(idle);
    }
  }

  #takeIdle(key: string): B | undefined {
    // Last in, first out: its caches are warm, and the others can reach the idle limit.
    // One that the server has just ended is still here until its socket is closed.
    const at = this.#idle.findLastIndex((backend) => backend.key === key && backend.isFit);
    const [backend] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (backend !== undefined) this.#borrowed.add(backend);
    return backend;
  }

  /** Closes the longest idle backend, so that its slot can serve another key. */
  #evictOldestIdle(): void {
    const [oldest] = this.#idle;
    if (this.#closing === 0 && oldest !== undefined) this.#end(oldest);
  }

  async #open(request: BorrowRequest<B>, timeoutMs: number, signal: AbortSignal): Promise<B> {
    this.#opening += 1;
    try {
      const backend = await request.open(timeoutMs, signal);
      void backend.closed.then(() => this.#forgetIdle(backend));
      return backend;
    } catch (error) {
      this.#freeSlot();
      throw error;
    } finally {
      this.#opening -= 1;
    }
  }

  #endIdle(): void {
    for (const backend of [...this.#idle]) this.#end(backend);
  }

  #end(backend: B): void {
    this.#idle.splice(this.#idle.indexOf(backend), 1);
    this.#borrowed.add(backend);
    this.remove(backend);
    void backend.end();
  }

  #forgetIdle(backend: B): void {
    const at = this.#idle.indexOf(backend);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.#freeSlot();
  }

  #freeSlot(): void {
    this.#slots -= 1;
    this.#serve();
  }
}

/** The members of a pool for code that does not borrow from it. */
export type PoolView = Pick<
  BackendPool<Poolable>,
  "borrowed" | "capacity" | "close" | "idle" | "resume" | "suspend" | "sweep" | "waiting"
>;
