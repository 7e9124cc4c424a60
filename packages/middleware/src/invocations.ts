import type { Deadline, Lease } from "@rds-proxy/core/adapter";

const DURABLE: unique symbol = Symbol.for("@aws/durable-execution-sdk-js/durable-context");

/** As much of Middy's request as tells whose invocation it is and whether that is over. */
export interface RequestState {
  readonly context: {
    readonly awsRequestId?: string | undefined;
    /** Set on the context of a durable execution: https://github.com/aws/aws-durable-execution-sdk-js */
    readonly [DURABLE]?: unknown;
  };
  readonly earlyResponse?: unknown;
  readonly error?: unknown;
}

interface Invocation {
  readonly request: RequestState;
  readonly lease: Lease<unknown>;
  readonly end: Deadline;
}

/**
 * The leases that are held now, so that one whose `after` never came is found again. Middy calls neither `after`
 * nor `onError` of this middleware when another one answers early, and a suspended durable handler never returns.
 */
export class Invocations {
  readonly #held = new Map<RequestState, Invocation>();
  readonly #isSequential: boolean;
  /** Those that wait for a connection, hold one, or give theirs back. */
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param isSequential whether an invocation that begins proves that those before it are over */
  constructor(isSequential: boolean) {
    this.#isSequential = isSequential;
  }

  /**
   * Begins an invocation with the lease that it gets.
   *
   * @param end when Lambda ends the invocation, whatever it is doing
   */
  async begin<Db>(
    request: RequestState,
    end: Deadline,
    acquire: () => Promise<Lease<Db>>,
  ): Promise<Lease<Db>> {
    this.#running++;
    try {
      const lease = await acquire();
      this.#held.set(request, { request, lease, end });
      return lease;
    } catch (error) {
      this.#endOne();
      throw error;
    }
  }

  /** The lease of an invocation, if it still holds one. */
  leaseOf(request: RequestState): Lease<unknown> | undefined {
    return this.#held.get(request)?.lease;
  }

  /** Gives an invocation's connection back. Without effect if that was done before. */
  async release(request: RequestState, patience: Deadline): Promise<void> {
    const lease = this.leaseOf(request);
    if (!lease) return;
    this.#held.delete(request);
    try {
      await lease.release(patience);
    } finally {
      this.#endOne();
    }
  }

  /** Throws an invocation's connection away. */
  destroy(request: RequestState, reason: string): void {
    const lease = this.leaseOf(request);
    if (!lease) return;
    this.#held.delete(request);
    lease.destroy(reason);
    this.#endOne();
  }

  /** Resolves when no invocation needs a connection any more. */
  async untilNoneRuns(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Cleans up after invocations that are over. Called when the next one begins, if there is one. */
  async reclaim(next: RequestState | undefined, patience: Deadline): Promise<void> {
    const over = [...this.#held.values()].filter((invocation) => this.#isOver(invocation, next));
    if (over.length === 0) return;
    // The handler may never have run, so the connection is most often as good as before.
    const released = Promise.all(over.map(({ request }) => this.release(request, patience)));
    // Where others run beside it, the next one need not wait: another slot may be free.
    if (this.#isSequential) await released;
  }

  #endOne(): void {
    this.#running--;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #isOver({ request, end }: Invocation, next: RequestState | undefined): boolean {
    // A failed invocation may still be on its way through the others' onError, but its handler has lost the connection.
    if ("earlyResponse" in request || request.error !== undefined || end.remainingMs() === 0) return true;
    if (!next || !this.#isSequential) return false;
    // A replay begins with a context of its own, whatever id it carries, and what was suspended does not come back.
    if (next.context[DURABLE] && request.context !== next.context) return true;
    // One invocation may run several handlers, one in the other.
    return request.context.awsRequestId !== next.context.awsRequestId;
  }
}
