import { findRdsProxyError } from "@rds-proxy/core";
import {
  createRevocableView,
  type Deadline,
  deadlineIn,
  describeEndpoint,
  type Lease,
  leaseEnded,
  type ResolvedRdsProxyOptions,
  type Resource,
  type RevocableView,
} from "@rds-proxy/core/adapter";
import {
  connectionsClosed,
  emitEvent,
  Prefetch,
  reportAcquire,
  succeedsWithin,
} from "@rds-proxy/core/internal";
import type { Sequelize } from "sequelize";
import type { ConnectionSupervisor } from "./connection-supervisor.js";
import type { Invocation, InvocationTracker } from "./running-invocations.js";

/**
 * Sequelize checks only every 100 ms whether all connections are back. Lambda ends the process a quarter of a second after
 * SIGTERM.
 */
const CLOSE_TIMEOUT_MS = 200;

/** Methods that return promises, and so reject; the others throw. */
const ASYNC_METHODS = new Set<string | symbol>([
  "query",
  "transaction",
  "authenticate",
  "validate",
  "sync",
  "drop",
  "truncate",
  "set",
  "databaseVersion",
  "createSchema",
  "showAllSchemas",
  "dropSchema",
  "dropAllSchemas",
  "runHooks",
]);

/** One Sequelize for the execution environment; each invocation gets a revocable view of it. */
export class SequelizeResource implements Resource<Sequelize> {
  readonly #sequelize: Sequelize;
  readonly #supervisor: ConnectionSupervisor;
  readonly #invocations: InvocationTracker;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #endpoint: string;
  readonly #leases = new Set<Lease<Sequelize>>();
  #prefetch: Prefetch<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    sequelize: Sequelize,
    supervisor: ConnectionSupervisor,
    invocations: InvocationTracker,
    options: ResolvedRdsProxyOptions,
  ) {
    this.#sequelize = sequelize;
    this.#supervisor = supervisor;
    this.#invocations = invocations;
    this.#options = options;
    this.#endpoint = describeEndpoint(options.endpoint);
  }

  acquire(deadline: Deadline, statementDeadline: Deadline = deadline): Promise<Lease<Sequelize>> {
    return reportAcquire(this.#options, () => this.#acquire(deadline, { deadline: statementDeadline }));
  }

  async #acquire(deadline: Deadline, invocation: Invocation): Promise<Lease<Sequelize>> {
    this.#refuseIfClosed();
    this.#invocations.start(invocation);
    try {
      await this.#adoptPrefetch(deadline);
      // A failed connect fails the acquire, and not the handler's first statement.
      await this.#supervisor.ready(deadline);
      this.#refuseIfClosed();
      return this.#createLease(invocation);
    } catch (error) {
      this.#invocations.end(invocation);
      this.#supervisor.destroyOutlived("never leased");
      // Sequelize's pool has an error of its own for callers that waited when it was closed.
      this.#refuseIfClosed();
      // Sequelize's error class is for handlers; the middleware's errors are the same with each adapter.
      throw findRdsProxyError(error) ?? error;
    }
  }

  prefetch(): void {
    if (this.#closing || this.#prefetch) return;
    this.#prefetch = new Prefetch(() => this.#supervisor.prefetch(), this.#options);
  }

  async closeIdle(): Promise<void> {
    await this.#adoptPrefetch(this.#closeDeadline());
    await this.#supervisor.endIdle();
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const lease of [...this.#leases]) lease.destroy("closed");
    this.#supervisor.close();
    const isClosed = await succeedsWithin(this.#sequelize.close(), this.#closeDeadline());
    if (!isClosed) this.#supervisor.destroyAll("not closed in order");
  }

  #closeDeadline(): Deadline {
    return deadlineIn(CLOSE_TIMEOUT_MS, this.#options.runtime.clock);
  }

  async #adoptPrefetch(deadline: Deadline): Promise<void> {
    const prefetch = this.#prefetch;
    this.#prefetch = undefined;
    try {
      await prefetch?.adopt(deadline);
    } catch {
      this.#supervisor.abandonAttempts();
    }
  }

  #createLease(invocation: Invocation): Lease<Sequelize> {
    const { endpoint, runtime, sessionState } = this.#options;
    const leasedAt = runtime.clock.steadyMs();
    const view = createSequelizeView(this.#sequelize);
    let released: Promise<void> | undefined;
    let isOver = false;

    const end = (reason: string): void => {
      isOver = true;
      this.#leases.delete(lease);
      view.revoke();
      this.#invocations.end(invocation);
      this.#supervisor.destroyOutlived(reason);
    };
    const release = async (deadline: Deadline): Promise<void> => {
      end("still in use when its invocation ended");
      // Another invocation may be between two statements of a transaction.
      if (this.#invocations.isEmpty) await this.#supervisor.rollBackIdle(deadline);
      if (sessionState !== "keep") await this.#supervisor.endSessionStates();
      emitEvent("release", endpoint, () => ({ useMs: runtime.clock.steadyMs() - leasedAt }));
    };
    const lease: Lease<Sequelize> = {
      db: view.db,
      release(deadline) {
        if (!isOver) released = release(deadline);
        return released ?? Promise.resolve();
      },
      destroy: (reason) => {
        if (isOver) return;
        end(reason);
        if (!this.#invocations.isEmpty) {
          if (sessionState === "keep") return;
          this.#supervisor.endSessionStates().catch(() => this.#supervisor.destroyAll(reason));
          return;
        }
        this.#supervisor.abandonAttempts();
        this.#supervisor.destroyAll(reason);
      },
    };
    this.#leases.add(lease);
    return lease;
  }

  #refuseIfClosed(): void {
    if (this.#closing) throw connectionsClosed(this.#endpoint);
  }
}

/** A view of the instance for one invocation. Properties that the handler assigns to it end with the lease. */
function createSequelizeView(sequelize: Sequelize): RevocableView<Sequelize> {
  return createRevocableView(sequelize, {
    // The pool outlives the invocation.
    replacementOf: (property) => (property === "close" ? () => Promise.resolve() : undefined),
    refuse(property) {
      if (ASYNC_METHODS.has(property)) return Promise.reject(leaseEnded());
      throw leaseEnded();
    },
    cleanUp: () => undefined,
  });
}
