/** What the pool lends: a session of the database. */
export interface Poolable {
  /** Whom it may be lent to: borrowers who ask for the same key. */
  readonly key: string;
  /** When it was opened and last given back, in ms of the pool's clock. */
  readonly openedAtMs: number;
  readonly returnedAtMs: number;
  /** Whether it can still be used, as far as is known. */
  readonly isOpen: boolean;
  /** Resolves when it is closed, however that came. Never rejects. */
  readonly closed: Promise<void>;
  /** Ends it in good order; resolves when it is closed. */
  terminate(): Promise<void>;
}

/** What a borrower asks for. */
export interface Wish<B> {
  readonly key: string;
  /** Opens one of that key, within the time left; `signal` aborts when nobody wants it any more. */
  open(timeoutMs: number, signal: AbortSignal): Promise<B>;
}

/** How long what is idle is kept. */
export interface IdleLimits {
  /** Most idle ones that are kept beyond `idleMs`. */
  readonly maxIdle: number;
  readonly idleMs: number;
  /** Most age of any, in ms. */
  readonly lifeMs: number;
}

/** Nothing could be lent within the borrow timeout. */
export class BorrowTimeout extends Error {
  override readonly name = "BorrowTimeout";
}

interface Waiter<B> {
  readonly key: string;
  /** Hands over what is idle, or the place for another one to be opened. */
  readonly serve: (idle: B | undefined) => void;
}

// Whoever asks without waiting leaves nothing behind that could want to stop.
const never = new AbortController().signal;

/** Lends at most `capacity` backends at a time, first come, first served, and keeps what comes back. */
export class BackendPool<B extends Poolable> {
  readonly capacity: number;
  // Oldest return first.
  readonly #idle: B[] = [];
  readonly #lent = new Set<B>();
  readonly #waiters = new Set<Waiter<B>>();
  readonly #openingAhead = new Set<string>();
  #places = 0;
  #opening = 0;
  #closing = 0;
  #isSuspended = false;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Backends that borrowers have, or are about to get. */
  get borrowed(): number {
    return this.#lent.size + this.#opening;
  }

  /** Borrowers in the queue. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Backends that are open and with nobody. */
  get idle(): number {
    return this.#idle.length;
  }

  /**
   * Lends an idle backend of the wished key, or one that is opened for it. Waits for either at most `timeoutMs`, and
   * rejects with {@link BorrowTimeout} after that. With 0 nothing is waited for: only an idle one will do, but one is
   * opened meanwhile for whoever comes next. Once `signal` aborts, the borrower leaves the queue and the promise rejects
   * with the signal's reason. What `open` throws is passed on.
   */
  async borrow(wish: Wish<B>, timeoutMs: number, signal: AbortSignal): Promise<B> {
    signal.throwIfAborted();
    if (timeoutMs === 0) return this.#borrowAtOnce(wish);
    const deadline = performance.now() + timeoutMs;
    const idle = await this.#wait(wish.key, timeoutMs, signal);
    if (idle !== undefined) return idle;
    const backend = await this.#open(wish, Math.max(1, deadline - performance.now()), signal);
    this.#lent.add(backend);
    return backend;
  }

  /** Takes a backend back, for the next borrower who asks for its key. While suspended it is closed. */
  giveBack(backend: B): void {
    if (this.#isSuspended) void backend.terminate();
    if (this.#isSuspended || !backend.isOpen) this.discard(backend);
    else if (this.#lent.delete(backend)) this.#idle.push(backend);
    this.#serve();
  }

  /** Counts a lent backend as on its way out; its place is free when it is closed. */
  discard(backend: B): void {
    if (!this.#lent.delete(backend)) return;
    this.#closing += 1;
    void backend.closed.then(() => {
      this.#closing -= 1;
      this.#freePlace();
    });
  }

  /** Closes what is idle, and lends nothing until {@link resume}; borrowers queue meanwhile. */
  suspend(): void {
    this.#isSuspended = true;
    this.#terminateIdle();
  }

  resume(): void {
    this.#isSuspended = false;
    this.#serve();
  }

  /** Closes what has been idle for too long, or is too old. */
  sweep(nowMs: number, { maxIdle, idleMs, lifeMs }: IdleLimits): void {
    for (const backend of [...this.#idle]) {
      const isSurplus = this.#idle.length > maxIdle && nowMs - backend.returnedAtMs >= idleMs;
      if (isSurplus || nowMs - backend.openedAtMs >= lifeMs) this.#terminate(backend);
    }
  }

  /** Closes what is idle; resolves when that is done. */
  async close(): Promise<void> {
    const closing = this.#idle.map((backend) => backend.closed);
    this.suspend();
    await Promise.all(closing);
  }

  #borrowAtOnce(wish: Wish<B>): B {
    const idle = this.#waiters.size === 0 && !this.#isSuspended ? this.#takeIdle(wish.key) : undefined;
    if (idle !== undefined) return idle;
    void this.#openAhead(wish);
    throw new BorrowTimeout("no database connection of this kind is idle");
  }

  async #openAhead(wish: Wish<B>): Promise<void> {
    if (this.#isSuspended || this.#openingAhead.has(wish.key)) return;
    if (this.#places >= this.capacity) return this.#makeRoom();
    this.#openingAhead.add(wish.key);
    this.#places += 1;
    try {
      const backend = await this.#open(wish, 1, never);
      this.#lent.add(backend);
      this.giveBack(backend);
    } catch {
      // Whoever asks next meets the same.
    } finally {
      this.#openingAhead.delete(wish.key);
    }
  }

  /** Resolves with an idle backend, or with `undefined` for a place. */
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
        // Whoever is behind may be served by what this one could not use.
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

  /** Serves those who wait longest, as far as there is anything for them. */
  #serve(): void {
    if (this.#isSuspended) return;
    for (const waiter of this.#waiters) {
      const idle = this.#takeIdle(waiter.key);
      if (idle === undefined) {
        if (this.#places >= this.capacity) {
          this.#makeRoom();
          return;
        }
        this.#places += 1;
      }
      waiter.serve(idle);
    }
  }

  #takeIdle(key: string): B | undefined {
    // The one that came back last: its caches are warm, and the others may grow old enough to be closed.
    const at = this.#idle.findLastIndex((backend) => backend.key === key);
    const [backend] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (backend !== undefined) this.#lent.add(backend);
    return backend;
  }

  /** Closes the oldest idle backend, since somebody wants its place for another key. */
  #makeRoom(): void {
    const [oldest] = this.#idle;
    if (this.#closing === 0 && oldest !== undefined) this.#terminate(oldest);
  }

  async #open(wish: Wish<B>, timeoutMs: number, signal: AbortSignal): Promise<B> {
    this.#opening += 1;
    try {
      const backend = await wish.open(timeoutMs, signal);
      void backend.closed.then(() => this.#forgetIdle(backend));
      return backend;
    } catch (error) {
      this.#freePlace();
      throw error;
    } finally {
      this.#opening -= 1;
    }
  }

  #terminateIdle(): void {
    for (const backend of [...this.#idle]) this.#terminate(backend);
  }

  #terminate(backend: B): void {
    this.#idle.splice(this.#idle.indexOf(backend), 1);
    this.#lent.add(backend);
    this.discard(backend);
    void backend.terminate();
  }

  #forgetIdle(backend: B): void {
    const at = this.#idle.indexOf(backend);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.#freePlace();
  }

  #freePlace(): void {
    this.#places -= 1;
    this.#serve();
  }
}

/** A pool as seen by code that does not borrow from it. */
export type PoolView = Pick<
  BackendPool<Poolable>,
  "borrowed" | "capacity" | "close" | "idle" | "resume" | "suspend" | "sweep" | "waiting"
>;
