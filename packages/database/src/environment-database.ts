import { atMost, deadlineIn, type Lease, type Resource } from "@rds-proxy/core/adapter";
import type { Runtime } from "@rds-proxy/core/internal";
import { closeOnSigterm } from "./close-on-sigterm.js";
import { type Holder, Invocations } from "./invocations.js";
import type { ResolvedDatabaseOptions } from "./options.js";
import type { TimeBudget } from "./time-budget.js";

/**
 * The runtime reports a result after the handler has ended: AWS's client one turn of the event loop later, and the end of a
 * stream after a round trip to the Runtime API on the same host.
 * Source: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
const REPORT_MS = 100;

/** For the rollback of abandoned invocations after SIGTERM, which leaves about 300 ms in all. */
const LAST_ROLLBACK_MS = 50;

/** The database of one execution environment: its kept connections, and the invocations that hold one. */
export class EnvironmentDatabase<Db, AnyHolder extends Holder> {
  readonly #resource: Resource<Db>;
  readonly #acquireTimeoutMs: number;
  readonly #runtime: Runtime;
  readonly #invocations: Invocations<AnyHolder>;
  readonly #forget: (() => void) | undefined;

  /** @param hasEnded whether the holder itself shows that its invocation is over */
  constructor(
    { adapter, connection, prefetches, closesOnSigterm, isSequential }: ResolvedDatabaseOptions<Db>,
    hasEnded: (holder: AnyHolder) => boolean,
  ) {
    this.#resource = adapter.create(connection);
    this.#acquireTimeoutMs = connection.acquireTimeoutMs;
    this.#runtime = connection.runtime;
    this.#invocations = new Invocations({ isSequential, hasEnded });
    if (prefetches) this.#resource.prefetch();
    if (closesOnSigterm) this.#forget = closeOnSigterm(() => this.#closeWhenUnused());
  }

  isHeldBy(holder: AnyHolder): boolean {
    return this.#invocations.leaseOf(holder) !== undefined;
  }

  /**
   * Cleans up after invocations that are over, and acquires a connection for this holder.
   *
   * @throws RdsProxyError
   */
  acquire(holder: AnyHolder, { deadline, waitDeadline }: TimeBudget): Promise<Lease<Db>> {
    const { clock, restores } = this.#runtime;
    restores.noteInvocation();
    const acquire = (): Promise<Lease<Db>> =>
      this.#resource.acquire(atMost(this.#acquireTimeoutMs, waitDeadline, clock), waitDeadline);
    return this.#invocations.begin(
      holder,
      deadline,
      () => this.#invocations.releaseEnded(holder, waitDeadline)?.then(acquire) ?? acquire(),
    );
  }

  /** Ends the holder's lease: its connection is kept, rolled back and kept, or closed. Does nothing if it has none. */
  release(holder: AnyHolder, { waitDeadline }: TimeBudget): Promise<void> {
    return this.#invocations.release(holder, waitDeadline);
  }

  /** Closes the holder's connection at once. Does nothing if it has none. */
  destroy(holder: AnyHolder, reason: string): void {
    this.#invocations.destroy(holder, reason);
  }

  async warmUp(): Promise<void> {
    const { clock, restores } = this.#runtime;
    const deadline = deadlineIn(this.#acquireTimeoutMs, clock);
    const lease = await this.#resource.acquire(deadline);
    await lease.release(deadline);
    if (restores.isSnapshotAhead) await this.#resource.closeIdle();
  }

  beforeSnapshot(): Promise<void> {
    return this.#resource.closeIdle();
  }

  afterRestore(): void {
    this.#runtime.restores.noteRestore();
  }

  close(): Promise<void> {
    this.#forget?.();
    return this.#resource.close();
  }

  async #closeWhenUnused(): Promise<void> {
    const { clock } = this.#runtime;
    await this.#invocations.releaseEnded(undefined, deadlineIn(LAST_ROLLBACK_MS, clock));
    while (!this.#invocations.isIdle) {
      await this.#invocations.untilIdle();
      // The process may end once this has closed.
      await clock.sleep(REPORT_MS);
    }
    await this.close();
  }
}
