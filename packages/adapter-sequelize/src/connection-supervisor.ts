import { RdsProxyError } from "@rds-proxy/core";
import {
  atMost,
  type ConnectAttempt,
  type Deadline,
  deadlineIn,
  describeEndpoint,
  leaseEnded,
  type ResolvedRdsProxyOptions,
  within,
} from "@rds-proxy/core/adapter";
import { connectWithRetry, emitEvent, noFreeConnection } from "@rds-proxy/core/internal";
import type { Sequelize } from "sequelize";
import {
  acquireTimeoutFor,
  connectErrorFor,
  driverErrorOf,
  type FailedAttempt,
  lostTransaction,
} from "./connect-error.js";
import {
  type ConnectConfig,
  type ConnectionManager,
  connectionManagerOf,
  unrefEviction,
} from "./connection-manager.js";
import { awaitVersion, learnVersion } from "./database-version.js";
import type { BegunConnection, Opening, SequelizeDialect } from "./dialects/dialect.js";
import { settingsOf } from "./instance-settings.js";
import type { Occupancy, Occupants } from "./occupancy.js";
import type { TrackedConnection } from "./tracked-connection.js";

/** What a connect that ends with the deadline needs to tell why it failed. */
const LAST_WORDS_MS = 30;

const NOBODY: Occupants = new Set();

/** Nobody gave a connection in the time that there was. */
class TimeIsUp extends Error {}

/** What a supervisor is told about the Sequelize instance that it looks after. */
export interface Supervision {
  readonly dialect: SequelizeDialect;
  readonly dialectOptions: object;
  /** Whether the instance's zone is the user's choice. */
  readonly isZoneChosen: boolean;
  /** Where a connection goes: read replicas differ. */
  optionsOf(config: ConnectConfig): ResolvedRdsProxyOptions;
  /** Which invocations run now; undefined where nobody tells. */
  readonly occupancy?: Occupancy;
}

/** A connection of the pool. */
interface Member {
  readonly tracked: TrackedConnection;
  readonly options: ResolvedRdsProxyOptions;
  /** Who may have it, while it is out of the pool. */
  holders: Occupants | undefined;
  /** The period of the occupancy in which it was last found to be in order. */
  checkedIn: number | undefined;
  /** While it is looked at where it lies in the pool. */
  look: Promise<boolean> | undefined;
  isFresh: boolean;
}

/** A transaction that the only invocation began with a statement of its own, as it is between two of its statements. */
interface OpenTransaction {
  readonly member: Member;
  readonly holders: Occupants;
  readonly period: number;
}

/**
 * Looks after the connections of one Sequelize instance. The pool stays Sequelize's own: this has its connects sign,
 * verify and try again, hands out only what is alive and clean, and closes in bounded time.
 */
export class ConnectionSupervisor {
  readonly #sequelize: Sequelize;
  readonly #supervision: Supervision;
  /** Sequelize's own ways, bound to its manager. */
  readonly #own: Omit<ConnectionManager, "lib" | "config">;
  readonly #pool: ConnectionManager["config"]["pool"];
  readonly #members = new Map<object, Member>();
  readonly #begun = new Set<BegunConnection>();
  /** How many wait for a connection, or have one that was not found to be in order yet. */
  #asking = 0;
  #openTransaction: OpenTransaction | undefined;
  #opening: Opening | undefined;
  #isPrefetching = false;
  #isClosed = false;

  constructor(sequelize: Sequelize, supervision: Supervision) {
    const manager = connectionManagerOf(sequelize);
    const releaseConnection = manager.releaseConnection.bind(manager);
    this.#sequelize = sequelize;
    this.#supervision = supervision;
    this.#own = {
      connect: manager.connect.bind(manager),
      disconnect: manager.disconnect.bind(manager),
      getConnection: manager.getConnection.bind(manager),
      releaseConnection: (connection) => {
        releaseConnection(connection);
        this.#members.get(connection)?.tracked.unref();
        unrefEviction(manager);
      },
      destroyConnection: manager.destroyConnection.bind(manager),
    };
    this.#pool = manager.config.pool;
    const { dialect, dialectOptions, isZoneChosen } = supervision;
    awaitVersion(sequelize, manager, dialect);
    const { options, config } = settingsOf(sequelize);
    const zone = dialect.sessionZone({
      timezone: options.timezone,
      isChosen: isZoneChosen,
      keepDefaultTimezone: config.keepDefaultTimezone,
    });
    config.keepDefaultTimezone = !zone.isSetByStatement;
    const opening = (): Opening => {
      if (!this.#opening) throw new Error("the driver was called outside of an attempt to connect");
      return this.#opening;
    };
    manager.lib = dialect.superviseModule(manager.lib, dialectOptions, opening, zone);
    manager.connect = (config) => this.#connect(config);
    manager.disconnect = (connection) => this.#disconnect(connection);
    manager.getConnection = (request) => this.#getConnection(request);
    manager.releaseConnection = (connection) => this.#releaseConnection(connection);
  }

  /** Resolves when the pool has a connection that is fit for use. */
  async ready(deadline?: Deadline): Promise<void> {
    const kept = this.#onlyKept();
    if (kept) {
      // Looked at where it lies, so that an invocation need not take it out twice. Whoever does so meanwhile waits for
      // the same look.
      const [connection, member] = kept;
      member.look = this.#isReady(connection, member);
      try {
        if (await member.look) return;
      } finally {
        member.look = undefined;
      }
    }
    this.#releaseConnection(await this.#getConnection(undefined, deadline));
  }

  /** The same in one attempt, since waiting for a next one could be cut in two by a freeze. */
  async prefetch(): Promise<void> {
    this.#isPrefetching = true;
    try {
      await this.ready();
    } finally {
      this.#isPrefetching = false;
    }
  }

  /** Ends the attempts that are under way. */
  abandonAttempts(): void {
    for (const begun of this.#begun) begun.destroy();
  }

  /** Closes whatever those who are gone have kept. A transaction that is open there ends with it. */
  reclaim(reason: string): void {
    for (const [connection, member] of this.#members) {
      if (!member.holders || !this.#supervision.occupancy?.areGone(member.holders)) continue;
      member.tracked.refuse();
      this.#throwAway(connection, member, reason);
    }
  }

  /** Rolls back what was begun on connections that went back into the pool; closes what cannot be. */
  async rollBackIdle(deadline: Deadline): Promise<void> {
    const rollbacks: Promise<void>[] = [];
    for (const [connection, member] of this.#members) {
      if (member.holders || !isOpen(member)) continue;
      rollbacks.push(this.#rollBackOrClose(connection, member, deadline));
    }
    if (rollbacks.length > 0) await Promise.all(rollbacks);
  }

  /** Closes everything at once. */
  discardAll(reason: string): void {
    for (const [connection, member] of this.#members) this.#throwAway(connection, member, reason);
  }

  /** Refuses new connections and ends those that are out of the pool; what is in it is left to `sequelize.close()`. */
  close(): void {
    this.#isClosed = true;
    this.abandonAttempts();
    for (const [connection, member] of this.#members) {
      if (!member.holders) continue;
      member.tracked.refuse();
      this.#throwAway(connection, member, "closed");
    }
  }

  async #getConnection(request?: object, deadline?: Deadline): Promise<object> {
    const { occupancy } = this.#supervision;
    occupancy?.refuseLeftovers();
    const holders = occupancy?.present ?? NOBODY;
    this.#asking++;
    try {
      for (;;) {
        if (this.#isTransactionLost()) throw lostTransaction();
        // Where one is free, nobody's use of it has to be waited for, and a connect has limits of its own.
        const isWaiting = occupancy !== undefined && !this.#hasFree();
        const taken = this.#own.getConnection(request);
        const connection = await (isWaiting ? this.#inTime(taken, deadline) : taken);
        const member = this.#members.get(connection);
        if (!member) return connection;
        member.tracked.ref();
        const isReady =
          this.#wasInOrder(member) || (await (member.look ?? this.#isReady(connection, member)));
        const refusal = occupancy?.areGone(holders)
          ? leaseEnded()
          : this.#isTransactionLost()
            ? lostTransaction()
            : undefined;
        if (refusal) {
          if (isReady) this.#own.releaseConnection(connection);
          throw refusal;
        }
        if (isReady) {
          member.holders = holders;
          return connection;
        }
      }
    } finally {
      this.#asking--;
    }
  }

  /** Sequelize's pool lets callers wait for as long as it was told when it was made, whatever time they have. */
  async #inTime(taken: Promise<object>, deadline?: Deadline): Promise<object> {
    const options = this.#supervision.optionsOf({});
    const { endpoint, maxConnections, runtime } = options;
    try {
      return await within(taken, deadline ?? this.#deadline(options), () => new TimeIsUp());
    } catch (error) {
      if (!(error instanceof TimeIsUp)) throw error;
    }
    // Counted from now, however late a busy computer is: a connect that ends with the same deadline is to say why it failed.
    return await within(taken, deadlineIn(LAST_WORDS_MS, runtime.clock), () => {
      taken.then(
        (late) => this.#own.releaseConnection(late),
        () => undefined,
      );
      return acquireTimeoutFor(noFreeConnection(describeEndpoint(endpoint), maxConnections));
    });
  }

  /** Whether the pool has a connection for each of those who ask, the present caller among them. */
  #hasFree(): boolean {
    let free = 0;
    for (const { holders, tracked } of this.#members.values()) {
      if (!holders && tracked.state !== "unusable") free++;
    }
    return free >= this.#asking;
  }

  /** The only connection, while it is in the pool and only one invocation could want it. */
  #onlyKept(): [object, Member] | undefined {
    const { occupancy } = this.#supervision;
    if (!occupancy?.isSingle || this.#asking > 0 || this.#members.size > 1) return undefined;
    const [kept] = this.#members;
    return kept && !kept[1].holders && this.#pool.validate(kept[0]) ? kept : undefined;
  }

  #releaseConnection(connection: object): void {
    const member = this.#members.get(connection);
    if (member) {
      this.#noteTransaction(member);
      member.holders = undefined;
      member.isFresh = false;
    }
    this.#own.releaseConnection(connection);
  }

  /** Remembers a BEGIN that was a statement like any other, since Sequelize gives its connection back at once. */
  #noteTransaction(member: Member): void {
    const { occupancy } = this.#supervision;
    if (!occupancy?.isSingle) return;
    const { state } = member.tracked;
    if (state === "transaction") {
      this.#openTransaction = { member, holders: occupancy.present, period: occupancy.period };
    } else if (state === "idle" && this.#openTransaction?.member === member) {
      this.#openTransaction = undefined;
    }
  }

  /**
   * Whether the next statement would run outside of a transaction that its invocation believes to be in: on a new
   * connection it would be committed by itself.
   */
  #isTransactionLost(): boolean {
    const { occupancy } = this.#supervision;
    const open = this.#openTransaction;
    if (!occupancy || !open || open.period !== occupancy.period || !occupancy.isSingle) return false;
    return !occupancy.areGone(open.holders) && open.member.tracked.state === "unusable";
  }

  /** Whether a connection may be used by those who are there now. One that may not is thrown away. */
  async #isReady(connection: object, member: Member): Promise<boolean> {
    const period = this.#supervision.occupancy?.period;
    if (!(await this.#isInOrder(member))) {
      this.#throwAway(connection, member, "not fit for use after idling");
      return false;
    }
    member.isFresh = false;
    member.checkedIn = period;
    return true;
  }

  async #isInOrder(member: Member): Promise<boolean> {
    const { tracked, options } = member;
    // Sequelize gives a connection back at the first word of an error, before the server has said where that leaves it.
    if (tracked.state === "ending") await tracked.settled(this.#deadline(options));
    if (member.isFresh || this.#wasInOrder(member)) return true;
    const deadline = this.#deadline(options);
    if (isOpen(member) && !(await this.#rollBack(member, deadline))) return false;
    return await tracked.isFit(deadline);
  }

  /** Nothing can have been frozen in between, and a BEGIN is the same invocation's own. */
  #wasInOrder({ checkedIn, tracked }: Member): boolean {
    const { occupancy } = this.#supervision;
    if (!occupancy || checkedIn !== occupancy.period) return false;
    const { state } = tracked;
    return state === "idle" || (state === "transaction" && occupancy.isSingle);
  }

  async #rollBackOrClose(connection: object, member: Member, deadline: Deadline): Promise<void> {
    if (!(await this.#rollBack(member, deadline))) this.#throwAway(connection, member, "rollback failed");
  }

  #rollBack({ tracked }: Member, deadline: Deadline): Promise<boolean> {
    return tracked.rollback(deadline).then(
      () => true,
      // Whoever left it open is not there any more, and the connection goes.
      () => false,
    );
  }

  async #connect(config: ConnectConfig): Promise<object> {
    const options = this.#supervision.optionsOf(config);
    const limits = this.#isPrefetching ? { maxAttempts: 1 } : {};
    const { occupancy } = this.#supervision;
    const holders = occupancy?.present ?? NOBODY;
    const failures: FailedAttempt[] = [];
    const attemptOnce = async (attempt: ConnectAttempt): Promise<object> => {
      if (this.#isClosed) throw closed(options);
      if (occupancy?.areGone(holders)) throw leaseEnded();
      const outcome = await this.#attempt(config, options, attempt);
      if ("connection" in outcome) return outcome.connection;
      failures.push(outcome);
      throw outcome.driverError;
    };
    try {
      const { connection, ...report } = await connectWithRetry(
        options,
        deadlineIn(Math.max(0, this.#deadline(options).remainingMs() - LAST_WORDS_MS), options.runtime.clock),
        attemptOnce,
        limits,
      );
      emitEvent("connect", options.endpoint, () => report);
      return connection;
    } catch (error) {
      // Not always the last: one that the deadline cut short tells nothing.
      const telling = failures.find(({ driverError }) => driverError === Reflect.get(Object(error), "cause"));
      throw connectErrorFor(telling ?? failures.at(-1) ?? { thrown: error, driverError: error }, error);
    }
  }

  async #attempt(
    config: ConnectConfig,
    options: ResolvedRdsProxyOptions,
    attempt: ConnectAttempt,
  ): Promise<{ readonly connection: object } | FailedAttempt> {
    const begins = Promise.withResolvers<BegunConnection>();
    this.#opening = { options, attempt, begin: begins.resolve };
    // Sequelize calls the driver before it waits for anything.
    const connected = this.#own.connect(config);
    this.#opening = undefined;
    // Looked at when the login is done; until then a failure must not count as unhandled.
    connected.catch(begins.reject);

    let begun: BegunConnection | undefined;
    let tracked: TrackedConnection | undefined;
    try {
      begun = await begins.promise;
      this.#begun.add(begun);
      tracked = await begun.tracked;
      // Sequelize may send statements of its own after the login.
      const connection = await within(connected, attempt.deadline, unansweredInTime);
      const learning = learnVersion(this.#sequelize, this.#supervision.dialect, connection);
      await within(learning, attempt.deadline, unansweredInTime);
      this.#members.set(connection, {
        tracked,
        options,
        holders: undefined,
        checkedIn: undefined,
        look: undefined,
        isFresh: true,
      });
      return { connection };
    } catch (error) {
      begun?.destroy();
      // The driver's error says more than what Sequelize makes of it, which only has the class.
      const thrown = await within(connected, attempt.deadline, unansweredInTime).catch(identity);
      return { thrown, driverError: tracked ? driverErrorOf(error) : error };
    } finally {
      if (begun) this.#begun.delete(begun);
    }
  }

  async #disconnect(connection: object): Promise<void> {
    const member = this.#members.get(connection);
    this.#members.delete(connection);
    if (!member) await this.#own.disconnect(connection);
    else if (member.tracked.state === "unusable") member.tracked.destroy();
    else await member.tracked.end();
  }

  #throwAway(connection: object, { tracked, options }: Member, reason: string): void {
    tracked.destroy();
    // The slot is free at once. Only a hook of the user's can fail now, and nobody is there to be told.
    this.#own.destroyConnection(connection).catch(() => undefined);
    emitEvent("discard", options.endpoint, () => ({ reason }));
  }

  #deadline({ acquireTimeoutMs, runtime: { clock } }: ResolvedRdsProxyOptions): Deadline {
    const patience = this.#supervision.occupancy?.patience;
    return patience ? atMost(acquireTimeoutMs, patience, clock) : deadlineIn(acquireTimeoutMs, clock);
  }
}

/** Whether something was begun on it and did not end. */
function isOpen({ tracked: { state } }: Member): boolean {
  return state === "transaction" || state === "busy";
}

function closed({ endpoint }: ResolvedRdsProxyOptions): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_CLOSED",
    `The connections to ${describeEndpoint(endpoint)} were closed with close().`,
  );
}

function unansweredInTime(): Error {
  const error = new Error("the server did not answer Sequelize in the time for one attempt");
  return Object.assign(error, { code: "ETIMEDOUT" });
}

function identity(error: unknown): unknown {
  return error;
}
