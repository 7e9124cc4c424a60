/** One database session's place under the cap. */
export interface BackendSlot {
  /** Frees the place for whoever waits longest. Calling it again does nothing. */
  giveBack(): void;
}

/** Nothing became free within the borrow timeout. */
export class BorrowTimeout extends Error {
  override readonly name = "BorrowTimeout";
}

interface Waiter {
  readonly grant: (slot: BackendSlot) => void;
}

/** Hands out at most `capacity` slots at a time, first come, first served. */
export class BackendSlots {
  readonly capacity: number;
  #borrowed = 0;
  readonly #waiters = new Set<Waiter>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Slots that are out. */
  get borrowed(): number {
    return this.#borrowed;
  }

  /** Borrowers in the queue. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for a slot, at most `timeoutMs` (0: not at all), and rejects with {@link BorrowTimeout} after that. Once
   * `signal` aborts, the borrower leaves the queue and the promise rejects with the signal's reason.
   */
  borrow(timeoutMs: number, signal: AbortSignal): Promise<BackendSlot> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#borrowed < this.capacity) return Promise.resolve(this.#take());
    if (timeoutMs === 0) return Promise.reject(new BorrowTimeout("every slot is borrowed"));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        grant(slot) {
          leave();
          resolve(slot);
        },
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        leave();
        reject(new BorrowTimeout(`no slot became free within ${timeoutMs} ms`));
      }, timeoutMs);
      signal.addEventListener("abort", onAbort);
      this.#waiters.add(waiter);
    });
  }

  #take(): BackendSlot {
    this.#borrowed += 1;
    let isOut = true;
    return {
      giveBack: () => {
        if (!isOut) return;
        isOut = false;
        this.#borrowed -= 1;
        const [next] = this.#waiters;
        next?.grant(this.#take());
      },
    };
  }
}
