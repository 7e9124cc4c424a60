import type { Deadline, Lease } from "@rds-proxy/core/adapter";

const DURABLE: unique symbol = Symbol.for("@aws/durable-execution-sdk-js/durable-context");

/** The part of Middy's request that identifies the invocation and shows whether it is over. */
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
  readonly deadline: Deadline;
}

/**
 * The current leases, including those of abandoned invocations: Middy calls neither `after` nor `onError` of this middleware
 * if another one responds early, and a suspended durable handler never returns.
 */
export class Invocations {
  readonly #held = new Map<RequestState, Invocation>();
  readonly #isSequential: boolean;
  /** Invocations that wait for a connection, hold one, or release theirs. */
  #running = 0;
  readonly #waiters: (() => void)[] = [];

  /** @param isSequential whether the process serves one invocation after the other, so a new one shows that the last is over */
  constructor(isSequential: boolean) {
    this.#isSequential = isSequential;
  }

  /**
   * Registers an invocation and acquires its lease.
   *
   * @param deadline when Lambda ends the invocation
   */
  async begin<Db>(
    request: RequestState,
    deadline: Deadline,
    acquire: () => Promise<Lease<Db>>,
  ): Promise<Lease<Db>> {
    this.#running++;
    try {
      const lease = await acquire();
      this.#held.set(request, { request, lease, deadline });
      return lease;
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  /** The lease that the invocation holds. */
  leaseOf(request: RequestState): Lease<unknown> | undefined {
    return this.#held.get(request)?.lease;
  }

  /** Releases the invocation's connection. Does nothing if it holds none. */
  async release(request: RequestState, deadline: Deadline): Promise<void> {
    const lease = this.leaseOf(request);
    if (!lease) return;
    this.#held.delete(request);
    try {
      await lease.release(deadline);
    } finally {
      this.#finish();
    }
  }

  /** Destroys the invocation's connection. Does nothing if it holds none. */
  destroy(request: RequestState, reason: string): void {
    const lease = this.leaseOf(request);
    if (!lease) return;
    this.#held.delete(request);
    lease.destroy(reason);
    this.#finish();
  }

  /** Whether no invocation waits for a connection or holds one. */
  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Resolves when no invocation waits for a connection or holds one. */
  async untilIdle(): Promise<void> {
    while (!this.isIdle) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Releases the connections of invocations that are over.
   *
   * @param next the invocation that begins now, if one does
   */
  async releaseEnded(next: RequestState | undefined, deadline: Deadline): Promise<void> {
    const over = [...this.#held.values()].filter((invocation) => this.#isOver(invocation, next));
    if (over.length === 0) return;
    // The handler may never have run, so the connection is most often still fit.
    const released = Promise.all(over.map(({ request }) => this.release(request, deadline)));
    // With concurrent invocations the next one need not wait: another slot may be free.
    if (this.#isSequential) await released;
  }

  #finish(): void {
    this.#running--;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #isOver({ request, deadline }: Invocation, next: RequestState | undefined): boolean {
    // Other middlewares' onError hooks may still run for a failed invocation, but its handler no longer uses the connection.
    if ("earlyResponse" in request || request.error !== undefined || deadline.remainingMs() === 0)
      return true;
    if (!next || !this.#isSequential) return false;
    // A replay has a new context, even with the same request id, and the suspended handler does not resume.
    if (next.context[DURABLE] && request.context !== next.context) return true;
    // Handlers may be nested: those with the same request id belong to one invocation.
    return request.context.awsRequestId !== next.context.awsRequestId;
  }
}
