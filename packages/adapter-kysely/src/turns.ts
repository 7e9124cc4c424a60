import { RdsProxyError } from "@rds-proxy/core";
import {
  atMost,
  type Deadline,
  leaseEnded,
  type ResolvedRdsProxyOptions,
  within,
} from "@rds-proxy/core/adapter";

/**
 * One connection for everything that an invocation does with its Kysely: one user at a time, first come, first served.
 * So a query of its own never slips into a transaction that runs beside it.
 */
export class Turns {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #waitDeadline: Deadline;
  readonly #waiters: PromiseWithResolvers<void>[] = [];
  #isTaken = false;
  #hasEnded = false;

  /** @param waitDeadline until when the invocation may be made to wait */
  constructor(options: ResolvedRdsProxyOptions, waitDeadline: Deadline) {
    this.#options = options;
    this.#waitDeadline = waitDeadline;
  }

  /**
   * Waits for the connection; give it back with `pass()`.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_FREE_CONNECTION` after `acquireTimeoutMs`, or when the invocation has no more
   *   time to wait; `RDS_PROXY_LEASE_ENDED` when it is over; the signal's reason when that is aborted
   */
  async take(signal?: AbortSignal): Promise<void> {
    if (this.#hasEnded) throw leaseEnded();
    signal?.throwIfAborted();
    if (!this.#isTaken) {
      this.#isTaken = true;
      return;
    }
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    const { acquireTimeoutMs, runtime } = this.#options;
    const deadline = atMost(acquireTimeoutMs, this.#waitDeadline, runtime.clock);
    const waitMs = deadline.remainingMs();
    const giveUp = (): void => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    };
    const abort = (): void => {
      // Its turn may have come already.
      if (!this.#waiters.includes(waiter)) return;
      giveUp();
      waiter.reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    try {
      await within(waiter.promise, deadline, () => {
        giveUp();
        return connectionInUse(Math.round(waitMs));
      });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Hands the connection to whoever has waited longest. */
  pass(): void {
    const next = this.#waiters.shift();
    if (next) next.resolve();
    else this.#isTaken = false;
  }

  /** Turns away whoever waits, and whoever comes. */
  end(): void {
    this.#hasEnded = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(leaseEnded());
  }
}

function connectionInUse(waitedMs: number): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_NO_FREE_CONNECTION",
    `The invocation's connection was still in use after ${waitedMs} ms. Inside of ` +
      "`db.transaction().execute(async (trx) => ...)` and `db.connection().execute(async (connection) => ...)` query " +
      "`trx` and `connection`, not `db`; commit or roll back what `startTransaction()` began, and read or leave " +
      "streams, before `db` is used again.",
  );
}
