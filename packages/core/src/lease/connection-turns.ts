import { leaseEnded, RdsProxyError } from "../errors.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline, within } from "../time/deadline.js";

/**
 * Lets the queries and transactions of an invocation's query builder use its one connection in turn, first come, first served. A query
 * outside of a running transaction waits for its end and never becomes part of it.
 */
export class ConnectionTurns {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #deadline: Deadline;
  readonly #remedy: string;
  readonly #waiters: PromiseWithResolvers<void>[] = [];
  #isTaken = false;
  #isClosed = false;

  /**
   * @param deadline the latest time until which a query may wait in this invocation
   * @param remedy what to do where a query waited too long, in the query builder's terms
   */
  constructor(options: ResolvedRdsProxyOptions, deadline: Deadline, remedy: string) {
    this.#options = options;
    this.#deadline = deadline;
    this.#remedy = remedy;
  }

  /**
   * Waits for the connection.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_FREE_CONNECTION` after `acquireTimeoutMs` or at the deadline; `RDS_PROXY_LEASE_ENDED`
   *   after `close()`. The signal's reason when it is aborted
   */
  async acquire(signal?: AbortSignal): Promise<void> {
    if (this.#isClosed) throw leaseEnded();
    signal?.throwIfAborted();
    if (!this.#isTaken) {
      this.#isTaken = true;
      return;
    }
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    const { acquireTimeoutMs, runtime } = this.#options;
    const deadline = atMost(acquireTimeoutMs, this.#deadline, runtime.clock);
    const waitMs = deadline.remainingMs();
    const giveUp = (): void => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    };
    const abort = (): void => {
      // It may have been served already.
      if (!this.#waiters.includes(waiter)) return;
      giveUp();
      waiter.reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    try {
      await within(waiter.promise, deadline, () => {
        giveUp();
        return new RdsProxyError(
          "RDS_PROXY_NO_FREE_CONNECTION",
          `The invocation's connection was still in use after ${Math.round(waitMs)} ms. ${this.#remedy}`,
        );
      });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Passes the connection on to the caller that has waited longest. */
  release(): void {
    const next = this.#waiters.shift();
    if (next) next.resolve();
    else this.#isTaken = false;
  }

  /** Refuses all present and later callers. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(leaseEnded());
  }
}
