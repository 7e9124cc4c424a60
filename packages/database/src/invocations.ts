import type { Deadline, Lease } from "@rds-proxy/core/adapter";

const DURABLE: unique symbol = Symbol.for("@aws/durable-execution-sdk-js/durable-context");

/** What holds a lease: one for each use of a connection, with the context of the invocation that it belongs to. */
export interface Holder {
  readonly context: {
    readonly awsRequestId?: string | undefined;
    /** Set on the context of a durable execution: https://github.com/aws/aws-durable-execution-sdk-js */
    readonly [DURABLE]?: unknown;
  };
}

/** How the end of an invocation shows that did not report it. */
export interface EndRules<AnyHolder extends Holder> {
  /** Whether the process serves one invocation after the other, so a new one shows that the last is over. */
  readonly isSequential: boolean;
  /** Whether the holder itself shows that its invocation is over. */
  readonly hasEnded: (holder: AnyHolder) => boolean;
}

interface Invocation<AnyHolder> {
  readonly holder: AnyHolder;
  readonly lease: Lease<unknown>;
  readonly deadline: Deadline;
}

/**
 * The current leases, including those of abandoned invocations: a handler that timed out or a durable handler that is suspended
 * never returns.
 */
export class Invocations<AnyHolder extends Holder> {
  readonly #held = new Map<AnyHolder, Invocation<AnyHolder>>();
  readonly #rules: EndRules<AnyHolder>;
  /** Invocations that wait for a connection, hold one, or release theirs. */
  #running = 0;
  readonly #waiters: (() => void)[] = [];

  constructor(rules: EndRules<AnyHolder>) {
    this.#rules = rules;
  }

  /**
   * Registers an invocation and acquires its lease.
   *
   * @param deadline when Lambda ends the invocation
   */
  async begin<Db>(
    holder: AnyHolder,
    deadline: Deadline,
    acquire: () => Promise<Lease<Db>>,
  ): Promise<Lease<Db>> {
    this.#running++;
    try {
      const lease = await acquire();
      this.#held.set(holder, { holder, lease, deadline });
      return lease;
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  /** The lease of the holder. */
  leaseOf(holder: AnyHolder): Lease<unknown> | undefined {
    return this.#held.get(holder)?.lease;
  }

  /** Releases the holder's connection. Does nothing if it has none. */
  async release(holder: AnyHolder, deadline: Deadline): Promise<void> {
    const lease = this.leaseOf(holder);
    if (!lease) return;
    this.#held.delete(holder);
    try {
      await lease.release(deadline);
    } finally {
      this.#finish();
    }
  }

  /** Destroys the holder's connection. Does nothing if it has none. */
  destroy(holder: AnyHolder, reason: string): void {
    const lease = this.leaseOf(holder);
    if (!lease) return;
    this.#held.delete(holder);
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
   * @param next the holder for which a connection is acquired now, if there is one
   * @returns undefined if there is nothing to wait for
   */
  releaseEnded(next: AnyHolder | undefined, deadline: Deadline): Promise<unknown> | undefined {
    if (this.#held.size === 0) return undefined;
    const over = [...this.#held.values()].filter((invocation) => this.#isOver(invocation, next));
    if (over.length === 0) return undefined;
    // The handler may never have run, so the connection is most often still fit.
    const released = Promise.all(over.map(({ holder }) => this.release(holder, deadline)));
    // With concurrent invocations the next one need not wait: another slot may be free.
    return this.#rules.isSequential ? released : undefined;
  }

  #finish(): void {
    this.#running--;
    if (this.#waiters.length === 0) return;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #isOver({ holder, deadline }: Invocation<AnyHolder>, next: AnyHolder | undefined): boolean {
    if (this.#rules.hasEnded(holder) || deadline.remainingMs() === 0) return true;
    if (!next || !this.#rules.isSequential) return false;
    // A replay has a new context, even with the same request id, and the suspended handler does not resume.
    if (next.context[DURABLE] && holder.context !== next.context) return true;
    // Handlers may be nested: those with the same request id belong to one invocation.
    return holder.context.awsRequestId !== next.context.awsRequestId;
  }
}
