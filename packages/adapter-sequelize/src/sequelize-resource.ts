import { findRdsProxyError, RdsProxyError } from "@rds-proxy/core";
import {
  type Deadline,
  deadlineIn,
  describeEndpoint,
  type Lease,
  type Loan,
  leaseEnded,
  lendObject,
  type ResolvedRdsProxyOptions,
  type Resource,
  within,
} from "@rds-proxy/core/adapter";
import { emitEvent, Prefetch, reportAcquire } from "@rds-proxy/core/internal";
import type { Sequelize } from "sequelize";
import type { ConnectionSupervisor } from "./connection-supervisor.js";
import type { Occupancy, Occupant } from "./occupancy.js";

/**
 * How long closing may take in all, since Sequelize looks only every 100 ms whether all connections are back. It is what
 * is left of the quarter of a second after SIGTERM, when Lambda has ended the process.
 */
const CLOSE_TIMEOUT_MS = 200;

/** Methods that return promises, and so reject; everything else throws. */
const PROMISING = new Set<string | symbol>([
  "query",
  "transaction",
  "authenticate",
  "sync",
  "drop",
  "truncate",
  "set",
  "databaseVersion",
  "createSchema",
  "showAllSchemas",
  "dropSchema",
  "dropAllSchemas",
]);

/** One Sequelize for the execution environment, which is lent to each invocation. */
export class SequelizeResource implements Resource<Sequelize> {
  readonly #sequelize: Sequelize;
  readonly #supervisor: ConnectionSupervisor;
  readonly #occupancy: Occupancy;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #endpoint: string;
  readonly #leases = new Set<Lease<Sequelize>>();
  #prefetch: Prefetch<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    sequelize: Sequelize,
    supervisor: ConnectionSupervisor,
    occupancy: Occupancy,
    options: ResolvedRdsProxyOptions,
  ) {
    this.#sequelize = sequelize;
    this.#supervisor = supervisor;
    this.#occupancy = occupancy;
    this.#options = options;
    this.#endpoint = describeEndpoint(options.endpoint);
  }

  acquire(deadline: Deadline, patience: Deadline = deadline): Promise<Lease<Sequelize>> {
    return reportAcquire(this.#options, () => this.#acquire(deadline, patience));
  }

  async #acquire(deadline: Deadline, patience: Deadline): Promise<Lease<Sequelize>> {
    this.#refuseIfClosed();
    const occupant: Occupant = { patience };
    this.#occupancy.enter(occupant);
    try {
      await this.#adoptPrefetch(deadline);
      // What cannot be had fails here, and not in the handler.
      await this.#supervisor.ready(deadline);
      this.#refuseIfClosed();
      return this.#lend(occupant);
    } catch (error) {
      this.#occupancy.leave(occupant);
      this.#supervisor.reclaim("never lent");
      // Sequelize's class is for the `catch` blocks of handlers; the middleware's errors are the same with each adapter.
      throw findRdsProxyError(error) ?? error;
    }
  }

  prefetch(): void {
    if (this.#closing || this.#prefetch) return;
    this.#prefetch = new Prefetch(() => this.#supervisor.prefetch(), this.#options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const lease of [...this.#leases]) lease.destroy("closed");
    this.#supervisor.close();
    const patience = deadlineIn(CLOSE_TIMEOUT_MS, this.#options.runtime.clock);
    await within(this.#sequelize.close(), patience, () => new Error("Sequelize did not close in time")).catch(
      () => this.#supervisor.discardAll("not closed in order"),
    );
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

  #lend(occupant: Occupant): Lease<Sequelize> {
    const { endpoint, runtime } = this.#options;
    const lentAt = runtime.clock.steadyMs();
    const loan = lendSequelize(this.#sequelize);
    let released: Promise<void> | undefined;
    let isOver = false;

    const leave = (reason: string): void => {
      isOver = true;
      this.#leases.delete(lease);
      loan.revoke();
      this.#occupancy.leave(occupant);
      this.#supervisor.reclaim(reason);
    };
    const release = async (deadline: Deadline): Promise<void> => {
      leave("still in use when its invocation ended");
      // Another invocation may be between two statements of its own.
      if (this.#occupancy.isEmpty) await this.#supervisor.rollBackIdle(deadline);
      emitEvent("release", endpoint, () => ({ useMs: runtime.clock.steadyMs() - lentAt }));
    };
    const lease: Lease<Sequelize> = {
      db: loan.db,
      release(deadline) {
        if (!isOver) released = release(deadline);
        return released ?? Promise.resolve();
      },
      destroy: (reason) => {
        if (isOver) return;
        leave(reason);
        if (!this.#occupancy.isEmpty) return;
        this.#supervisor.abandonAttempts();
        this.#supervisor.discardAll(reason);
      },
    };
    this.#leases.add(lease);
    return lease;
  }

  #refuseIfClosed(): void {
    if (!this.#closing) return;
    throw new RdsProxyError(
      "RDS_PROXY_CLOSED",
      `The connections to ${this.#endpoint} were closed with close().`,
    );
  }
}

/** The instance for one invocation: what is written onto it goes with the loan. */
function lendSequelize(sequelize: Sequelize): Loan<Sequelize> {
  return lendObject(sequelize, {
    // The pool outlives the invocation.
    replacementOf: (property) => (property === "close" ? () => Promise.resolve() : undefined),
    refuse(property) {
      if (PROMISING.has(property)) return Promise.reject(leaseEnded());
      throw leaseEnded();
    },
    cleanUp: () => undefined,
  });
}
