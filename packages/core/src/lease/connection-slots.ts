import { type ConnectAttempt, connectWithRetry } from "../connect/connect.js";
import { describeEndpoint } from "../endpoint/endpoint.js";
import { connectionsClosed, noFreeConnection } from "../errors.js";
import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { type Deadline, deadlineIn, within } from "../time/deadline.js";
import { reportAcquire } from "./acquire-event.js";
import type { Lease, Resource } from "./adapter.js";
import type { Driver } from "./driver.js";
import { endGracefully } from "./end-gracefully.js";
import { isFitForUse } from "./fitness.js";
import { createLease } from "./lease.js";
import { Prefetch } from "./prefetch.js";
import { rollBackSoon } from "./rollback.js";
import { settled } from "./until-settled.js";

/**
 * A server that vanished while the process was frozen never answers the goodbye. All are said at once, and within the
 * quarter of a second after SIGTERM that is left when Lambda has ended the process.
 */
const GOODBYE_TIMEOUT_MS = 200;

/** Somebody who waits for a slot, and gets it either with a warm connection or empty. */
type Waiter<Connection> = (slot: Connection | undefined) => void;

/**
 * At most `maxConnections` connections of one driver, kept warm between invocations. Waiters are served first
 * come, first served. Nothing here runs on a timer between invocations: age and silence are judged by the clock
 * when a connection is asked for.
 */
export function createConnectionSlots<Connection extends object, Db>(
  driver: Driver<Connection, Db>,
  options: ResolvedRdsProxyOptions,
): Resource<Db> {
  return new ConnectionSlots(driver, options);
}

class ConnectionSlots<Connection extends object, Db> implements Resource<Db> {
  readonly #driver: Driver<Connection, Db>;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #endpoint: string;
  readonly #idle: Connection[] = [];
  readonly #waiters: Waiter<Connection>[] = [];
  readonly #leases = new Set<Lease<Db>>();
  /** Slots that are idle, lent or being connected; never more than `maxConnections`. */
  #taken = 0;
  #prefetch: Prefetch<Connection> | undefined;
  #closing: Promise<void> | undefined;

  constructor(driver: Driver<Connection, Db>, options: ResolvedRdsProxyOptions) {
    this.#driver = driver;
    this.#options = options;
    this.#endpoint = describeEndpoint(options.endpoint);
  }

  async acquire(deadline: Deadline): Promise<Lease<Db>> {
    return await reportAcquire(this.#options, () => this.#acquire(deadline));
  }

  async #acquire(deadline: Deadline): Promise<Lease<Db>> {
    this.#refuseIfClosed();
    let connection = await this.#takeSlot(deadline);
    try {
      this.#refuseIfClosed();
      if (connection && !(await isFitForUse(this.#driver, connection, deadline, this.#options))) {
        this.#throwAway(connection, "not fit for use after idling");
        connection = undefined;
      }
      connection ??= await this.#open(deadline);
      this.#refuseIfClosed();
      return this.#lend(connection);
    } catch (error) {
      if (connection) this.#throwAway(connection, "never lent");
      this.#pass(undefined);
      throw error;
    }
  }

  prefetch(): void {
    if (this.#closing || this.#taken > 0) return;
    this.#taken++;
    const prefetch = new Prefetch((deadline) => this.#open(deadline, { maxAttempts: 1 }), this.#options);
    prefetch.opened.then(
      (opened) => {
        if (this.#prefetch === prefetch) this.#driver.unref(opened);
      },
      () => undefined,
    );
    this.#prefetch = prefetch;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const patience = deadlineIn(GOODBYE_TIMEOUT_MS, this.#options.runtime.clock);
    for (const lease of [...this.#leases]) lease.destroy("closed");
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    const prefetched = this.#prefetch && this.#adopt(this.#prefetch, patience);
    const open = [...this.#idle.splice(0), prefetched];
    await Promise.all(open.map(async (connection) => this.#end(await connection, patience)));
  }

  async #end(connection: Connection | undefined, patience: Deadline): Promise<void> {
    if (!connection || (await endGracefully(this.#driver, connection, patience))) return;
    emitEvent("discard", this.#options.endpoint, () => ({ reason: "not closed in order" }));
  }

  /** A slot of our own: with a warm connection, or empty and ours to fill. */
  async #takeSlot(deadline: Deadline): Promise<Connection | undefined> {
    const idle = this.#idle.pop();
    if (idle) {
      this.#driver.ref(idle);
      return idle;
    }
    if (this.#prefetch) return this.#adopt(this.#prefetch, deadline);
    if (this.#taken < this.#options.maxConnections) {
      this.#taken++;
      return undefined;
    }
    return this.#wait(deadline);
  }

  /** The prefetched connection, or an empty slot where it failed or took too long, freezes included. */
  async #adopt(prefetch: Prefetch<Connection>, deadline: Deadline): Promise<Connection | undefined> {
    this.#prefetch = undefined;
    try {
      const connection = await prefetch.adopt(deadline);
      this.#driver.ref(connection);
      return connection;
    } catch {
      prefetch.opened.then(
        (connection) => this.#throwAway(connection, "prefetched too late"),
        () => undefined,
      );
      return undefined;
    }
  }

  async #wait(deadline: Deadline): Promise<Connection | undefined> {
    const { endpoint, maxConnections, runtime } = this.#options;
    const { promise, resolve } = Promise.withResolvers<Connection | undefined>();
    this.#waiters.push(resolve);
    const waitedFrom = runtime.clock.steadyMs();
    let isServed = true;
    try {
      return await within(promise, deadline, () => {
        isServed = false;
        this.#waiters.splice(this.#waiters.indexOf(resolve), 1);
        return noFreeConnection(this.#endpoint, maxConnections);
      });
    } finally {
      emitEvent("wait", endpoint, () => ({ durationMs: runtime.clock.steadyMs() - waitedFrom, isServed }));
    }
  }

  /** Hands a slot that its holder no longer needs to the next waiter, with or without a connection in it. */
  #pass(slot: Connection | undefined): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter(slot);
    else if (slot) {
      // A test run or a script ends by itself once its work is done.
      this.#driver.unref(slot);
      this.#idle.push(slot);
    } else this.#taken--;
  }

  async #open(deadline: Deadline, limits?: { maxAttempts: number }): Promise<Connection> {
    const connect = async (attempt: ConnectAttempt): Promise<Connection> => {
      this.#refuseIfClosed();
      return await this.#driver.connect(attempt);
    };
    const { connection, ...report } = await connectWithRetry(this.#options, deadline, connect, limits);
    emitEvent("connect", this.#options.endpoint, () => report);
    return connection;
  }

  #lend(connection: Connection): Lease<Db> {
    const { endpoint, runtime } = this.#options;
    const lentAt = runtime.clock.steadyMs();
    const lease = createLease(this.#driver.lend(connection), {
      stateOf: () => this.#driver.stateOf(connection),
      settled: (deadline) => settled(this.#driver, connection, deadline, this.#options),
      rollback: (deadline) => rollBackSoon(this.#driver, connection, deadline, this.#options),
      keep: () => {
        this.#leases.delete(lease);
        emitEvent("release", endpoint, () => ({ useMs: runtime.clock.steadyMs() - lentAt }));
        this.#pass(connection);
      },
      discard: (reason) => {
        this.#leases.delete(lease);
        this.#throwAway(connection, reason);
        this.#pass(undefined);
      },
    });
    this.#leases.add(lease);
    return lease;
  }

  #throwAway(connection: Connection, reason: string): void {
    this.#driver.destroy(connection);
    emitEvent("discard", this.#options.endpoint, () => ({ reason }));
  }

  #refuseIfClosed(): void {
    if (this.#closing) throw connectionsClosed(this.#endpoint);
  }
}
