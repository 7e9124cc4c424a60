import { findRdsProxyError } from "@rds-proxy/core";
import {
  type Deadline,
  deadlineIn,
  describeEndpoint,
  leaseEnded,
  type ResolvedRdsProxyOptions,
  within,
} from "@rds-proxy/core/adapter";
import { noFreeConnection, succeedsWithin } from "@rds-proxy/core/internal";
import type { Sequelize } from "sequelize";
import { acquireTimeoutFor, stillConnecting } from "./connect-error.js";
import { Connector, REPORT_MARGIN_MS } from "./connector.js";
import { awaitVersion, learnVersion } from "./database-version.js";
import type { SequelizeDialect, SessionZone } from "./dialects/dialect.js";
import { PoolEntry } from "./pool-entry.js";
import { type Invocations, NO_INVOCATIONS_KNOWN, type RunningInvocations } from "./running-invocations.js";
import {
  type ConnectConfig,
  type ConnectionManager,
  type SequelizeInternals,
  sequelizeInternals,
} from "./sequelize-internals.js";
import { lostTransaction, TransactionWatch, unknownSender } from "./transaction-watch.js";

/** How one Sequelize instance was made, and who uses it. */
export interface Supervision {
  readonly dialect: SequelizeDialect;
  readonly dialectOptions: object;
  /** Whether the user chose the time zone. */
  readonly isZoneChosen: boolean;
  /** Read replicas have endpoints of their own. */
  optionsOf(config: ConnectConfig): ResolvedRdsProxyOptions;
  /** @default NO_INVOCATIONS_KNOWN */
  readonly invocations?: RunningInvocations;
}

/**
 * Takes over the connections of one Sequelize instance. The pool stays Sequelize's own: its connects sign, verify and retry,
 * it hands out only connections that are alive and clean, and it closes in bounded time.
 */
export class ConnectionSupervisor {
  readonly #optionsOf: Supervision["optionsOf"];
  readonly #invocations: RunningInvocations;
  readonly #connector: Connector;
  readonly #transactions: TransactionWatch;
  /** Sequelize's own methods, bound to its manager. */
  readonly #own: Pick<
    ConnectionManager,
    "disconnect" | "getConnection" | "releaseConnection" | "destroyConnection"
  >;
  readonly #pool: ConnectionManager["config"]["pool"];
  /** By the driver's connection. */
  readonly #entries = new Map<object, PoolEntry>();
  /** The callers that wait for a connection, or for the validation of one. */
  #waiting = 0;
  #isPrefetching = false;

  constructor(
    sequelize: Sequelize,
    { dialect, dialectOptions, isZoneChosen, optionsOf, invocations = NO_INVOCATIONS_KNOWN }: Supervision,
  ) {
    const internals = sequelizeInternals(sequelize);
    const { connectionManager: manager } = internals;
    this.#optionsOf = optionsOf;
    this.#invocations = invocations;
    this.#transactions = new TransactionWatch(invocations);
    this.#pool = manager.config.pool;
    const releaseConnection = manager.releaseConnection.bind(manager);
    this.#own = {
      disconnect: manager.disconnect.bind(manager),
      getConnection: manager.getConnection.bind(manager),
      releaseConnection: (connection) => {
        releaseConnection(connection);
        this.#entries.get(connection)?.connection.unref();
      },
      destroyConnection: manager.destroyConnection.bind(manager),
    };
    unrefEviction(manager);
    const connector = new Connector({
      connect: manager.connect.bind(manager),
      invocations,
      optionsOf,
      prepare: (connection) => learnVersion(internals, dialect, connection),
      onConnected: (connection, pooled, options) => {
        const removeFromPool = () => this.#own.destroyConnection(connection);
        this.#entries.set(connection, new PoolEntry(pooled, options, invocations, removeFromPool));
      },
    });
    this.#connector = connector;
    awaitVersion(internals, dialect);
    const zone = chooseZone(internals, dialect, isZoneChosen);
    manager.lib = dialect.superviseModule(manager.lib, {
      sequelize,
      dialectOptions,
      zone,
      currentRequest: () => connector.request,
    });
    manager.connect = (config) => connector.connect(config, this.#isPrefetching ? { maxAttempts: 1 } : {});
    manager.disconnect = (connection) => this.#disconnect(connection);
    manager.getConnection = (request) => this.#getConnection(request);
    manager.releaseConnection = (connection) => this.#releaseConnection(connection);
  }

  /**
   * For the connections whose callers came before this took over. The state of others is adopted when they are first handed
   * out, which also comes after the hook `afterConnect`.
   */
  adoptSessionState(connection: object): void {
    this.#entries.get(connection)?.connection.adoptSessionState();
  }

  /** Resolves when the pool has a connection that is fit for use. */
  async ready(deadline?: Deadline): Promise<void> {
    // Validated in the pool, so that an invocation does not take it out twice. Callers that take it out meanwhile wait for
    // the same validation.
    if (await this.#onlyIdle()?.validate()) return;
    this.#releaseConnection(await this.#getConnection(undefined, deadline));
  }

  /** The same in one attempt, since a freeze could fall into the wait for another. */
  async prefetch(): Promise<void> {
    this.#isPrefetching = true;
    try {
      await this.ready();
    } finally {
      this.#isPrefetching = false;
    }
  }

  /** Ends the attempts to connect that are under way. */
  abandonAttempts(): void {
    this.#connector.abandonAttempts();
  }

  /** Destroys the connections that invocations still used when they ended. A transaction that is open there ends too. */
  destroyOutlived(reason: string): void {
    for (const entry of this.#entries.values()) if (entry.isOutlived) entry.revoke(reason);
  }

  /** Rolls back what was left open on connections in the pool; destroys those where that fails. */
  async rollBackIdle(deadline: Deadline): Promise<void> {
    const rollbacks: Promise<void>[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.isInUse && entry.isDirty) rollbacks.push(entry.rollBackOrDestroy(deadline));
    }
    await Promise.all(rollbacks);
  }

  /** Destroys the connections whose session was changed; those in use when they are put back. */
  async endSessionStates(): Promise<void> {
    const entries = [...this.#entries.values()];
    await Promise.all(entries.map(({ connection }) => connection.untilSessionIsRead()));
    for (const entry of entries) entry.endSessionState();
  }

  /** Closes the connections in the pool. */
  async endIdle(): Promise<void> {
    const idle = [...this.#entries.values()].filter(({ isInUse }) => !isInUse);
    await Promise.all(idle.map((entry) => entry.end()));
  }

  destroyAll(reason: string): void {
    for (const entry of this.#entries.values()) entry.destroy(reason);
  }

  /** Refuses new connections and destroys those in use; `sequelize.close()` closes those in the pool. */
  close(): void {
    this.#connector.close();
    for (const entry of this.#entries.values()) if (entry.isInUse) entry.revoke("closed");
  }

  async #getConnection(request?: object, deadline?: Deadline): Promise<object> {
    this.#invocations.refuseOutlivedWork();
    const users = this.#invocations.current;
    this.#waiting++;
    try {
      for (;;) {
        if (this.#transactions.isLost) throw lostTransaction();
        const connection = await this.#takeFromPool(request, deadline).catch((error: unknown) => {
          if (!this.#isOfOthers(error, users)) throw error;
        });
        if (!connection) continue;
        const entry = this.#entries.get(connection);
        if (!entry) return connection;
        entry.connection.ref();
        const isFit = entry.isKnownFit || (await entry.validate());
        const refusal = this.#refusalOf(users, entry);
        if (refusal) {
          if (isFit) this.#own.releaseConnection(connection);
          throw refusal;
        }
        if (isFit) {
          entry.take(users);
          return connection;
        }
      }
    } finally {
      this.#waiting--;
    }
  }

  /**
   * Whether a connect failed because those for whom it began have ended. Sequelize's pool rejects the caller that has waited longest.
   */
  #isOfOthers(error: unknown, users: Invocations): boolean {
    return findRdsProxyError(error)?.code === "RDS_PROXY_LEASE_ENDED" && !this.#invocations.haveEnded(users);
  }

  /** What changed while a caller waited for a connection and its validation. */
  #refusalOf(users: Invocations, entry: PoolEntry): Error | undefined {
    if (this.#invocations.haveEnded(users)) return leaseEnded();
    if (this.#transactions.isLost) return lostTransaction();
    return entry.isInTransactionOfOther(users) ? unknownSender() : undefined;
  }

  /** Sequelize's pool has one limit for all its callers; an invocation may have less time left. */
  #takeFromPool(request?: object, deadline?: Deadline): Promise<object> {
    // With a free connection there is no wait, and a connect has limits of its own.
    const isLimited = this.#invocations.areKnown && !this.#hasFree();
    const taken = this.#own.getConnection(request);
    return isLimited ? this.#inTime(taken, deadline) : taken;
  }

  async #inTime(taken: Promise<object>, deadline?: Deadline): Promise<object> {
    const options = this.#optionsOf({});
    const { endpoint, maxConnections, runtime } = options;
    await succeedsWithin(taken, deadline ?? this.#invocations.deadlineFor(options));
    // Counted from now, however late a busy process is: a connect that ends with the same deadline reports why it failed.
    return await within(taken, deadlineIn(REPORT_MARGIN_MS, runtime.clock), () => {
      taken.then(
        (late) => this.#own.releaseConnection(late),
        () => undefined,
      );
      const name = describeEndpoint(endpoint);
      const isConnecting = this.#connector.isConnecting;
      return acquireTimeoutFor(isConnecting ? stillConnecting(name) : noFreeConnection(name, maxConnections));
    });
  }

  /** Whether the pool has a connection for each caller that waits, the present one included. */
  #hasFree(): boolean {
    let free = 0;
    for (const { isInUse, connection } of this.#entries.values()) {
      if (!isInUse && connection.state !== "unusable") free++;
    }
    return free >= this.#waiting;
  }

  /** The only connection, while it is in the pool and only one invocation could want it. */
  #onlyIdle(): PoolEntry | undefined {
    if (!this.#invocations.isSingle || this.#waiting > 0 || this.#entries.size > 1) return undefined;
    const [only] = this.#entries;
    if (!only) return undefined;
    const [connection, entry] = only;
    return !entry.isInUse && this.#pool.validate(connection) ? entry : undefined;
  }

  #releaseConnection(connection: object): void {
    const entry = this.#entries.get(connection);
    if (entry) {
      if (entry.users) this.#transactions.noteRelease(entry.connection, entry.users);
      entry.putBack();
    }
    if (!entry?.endUse()) this.#own.releaseConnection(connection);
  }

  async #disconnect(connection: object): Promise<void> {
    const entry = this.#entries.get(connection);
    this.#entries.delete(connection);
    if (!entry) await this.#own.disconnect(connection);
    else if (entry.connection.state === "unusable") entry.connection.destroy();
    else await entry.connection.end();
  }
}

/** Has Sequelize send its statement for the time zone only where the dialect has no way that does not pin. */
function chooseZone(
  { options, config }: SequelizeInternals,
  dialect: SequelizeDialect,
  isChosen: boolean,
): SessionZone {
  const { timezone } = options;
  const zone = dialect.sessionZone({ timezone, isChosen, keepDefaultTimezone: config.keepDefaultTimezone });
  config.keepDefaultTimezone = !zone.isSetByStatement;
  return zone;
}

/** Lets the process end while a pool's timer for closing idle connections runs, which the pool starts anew each time it fires. */
function unrefEviction({ pool }: ConnectionManager): void {
  for (const one of [pool, pool.read, pool.write]) {
    if (!one) continue;
    let timer = one._removeIdleTimer;
    Object.defineProperty(one, "_removeIdleTimer", {
      get: () => timer,
      set(next: typeof timer) {
        next?.unref?.();
        timer = next;
      },
      configurable: true,
    });
    timer?.unref?.();
  }
}
