import { type ConnectAttempt, connectWithRetry } from "../connect/connect.js";
import { describeEndpoint } from "../endpoint/endpoint.js";
import { connectionsClosed, noFreeConnection } from "../errors.js";
import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { stateOnceRead } from "../session-state/session-watch.js";
import { type Deadline, deadlineIn, within } from "../time/deadline.js";
import { reportAcquire } from "./acquire-event.js";
import type { Lease, Resource } from "./adapter.js";
import type { Driver } from "./driver.js";
import { endGracefully } from "./end-gracefully.js";
import { isFitForUse } from "./fitness.js";
import { createLease } from "./lease.js";
import { Prefetch } from "./prefetch.js";
import { rollBackWithin } from "./roll-back-within.js";
import { untilSettled } from "./until-settled.js";

/**
 * All connections are ended at the same time. A server that vanished while the process was frozen never answers, and Lambda
 * kills the process about 300 ms after SIGTERM.
 */
const END_TIMEOUT_MS = 200;

/** Called with a slot that has become free: with the warm connection in it, or undefined if it is empty. */
type Waiter<Connection> = (slot: Connection | undefined) => void;

/**
 * At most `maxConnections` connections of one driver, kept warm between invocations. Waiters are served in the order in which
 * they came. No timer runs between invocations: the age and idle time of a connection are checked when it is acquired.
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
  /** Slots whose connection is idle, leased or being opened; never more than `maxConnections`. */
  #taken = 0;
  #prefetch: Prefetch<Connection> | undefined;
  #closing: Promise<void> | undefined;

  constructor(driver: Driver<Connection, Db>, options: ResolvedRdsProxyOptions) {
    this.#driver = driver;
    this.#options = options;
    this.#endpoint = describeEndpoint(options.endpoint);
  }

  acquire(deadline: Deadline): Promise<Lease<Db>> {
    return reportAcquire(this.#options, () => this.#acquire(deadline));
  }

  async #acquire(deadline: Deadline): Promise<Lease<Db>> {
    this.#refuseIfClosed();
    const slot = this.#takeSlot(deadline);
    let connection = slot instanceof Promise ? await slot : slot;
    try {
      this.#refuseIfClosed();
      if (connection && !(await isFitForUse(this.#driver, connection, deadline, this.#options))) {
        this.#destroy(connection, "not fit for use after idling");
        connection = undefined;
      }
      connection ??= await this.#open(deadline);
      this.#refuseIfClosed();
      return this.#lease(connection);
    } catch (error) {
      if (connection) this.#destroy(connection, "never leased");
      this.#pass(undefined);
      throw error;
    }
  }

  prefetch(): void {
    if (this.#closing || this.#taken > 0) return;
    this.#taken++;
    const prefetch = new Prefetch((deadline) => this.#open(deadline, { maxAttempts: 1 }), this.#options);
    prefetch.opened.then(
      // Runs before the `ref()` of an acquire that already waits for it.
      (opened) => this.#driver.unref(opened),
      () => undefined,
    );
    this.#prefetch = prefetch;
  }

  async closeIdle(): Promise<void> {
    const deadline = deadlineIn(END_TIMEOUT_MS, this.#options.runtime.clock);
    const prefetched = this.#prefetch && this.#adopt(this.#prefetch, deadline);
    const idle = [...this.#idle.splice(0), ...(prefetched ? [prefetched] : [])];
    await Promise.all(idle.map(async (connection) => this.#end(await connection, deadline)));
    for (const _ of idle) this.#pass(undefined);
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const deadline = deadlineIn(END_TIMEOUT_MS, this.#options.runtime.clock);
    for (const lease of [...this.#leases]) lease.destroy("closed");
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    const prefetched = this.#prefetch && this.#adopt(this.#prefetch, deadline);
    const open = [...this.#idle.splice(0), prefetched];
    await Promise.all(open.map(async (connection) => this.#end(await connection, deadline)));
  }

  async #end(connection: Connection | undefined, deadline: Deadline): Promise<void> {
    if (!connection || (await endGracefully(this.#driver, connection, deadline))) return;
    emitEvent("discard", this.#options.endpoint, () => ({ reason: "not closed in order" }));
  }

  /** Takes a slot: returns the warm connection in it, or undefined if the caller has to open one. */
  #takeSlot(deadline: Deadline): Promise<Connection | undefined> | Connection | undefined {
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

  /** The prefetched connection, or undefined if it failed or took too long, freezes included. */
  async #adopt(prefetch: Prefetch<Connection>, deadline: Deadline): Promise<Connection | undefined> {
    this.#prefetch = undefined;
    try {
      const connection = await prefetch.adopt(deadline);
      this.#driver.ref(connection);
      return connection;
    } catch {
      prefetch.opened.then(
        (connection) => this.#destroy(connection, "prefetched too late"),
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

  /** Gives a slot that is no longer used, with or without a connection in it, to the next waiter. */
  #pass(slot: Connection | undefined): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter(slot);
    else if (slot) {
      // An idle connection does not keep a test run or a script alive.
      this.#driver.unref(slot);
      this.#idle.push(slot);
    } else this.#taken--;
  }

  async #open(deadline: Deadline, limit?: { maxAttempts: number }): Promise<Connection> {
    const connect = async (attempt: ConnectAttempt): Promise<Connection> => {
      this.#refuseIfClosed();
      return await this.#driver.connect(attempt);
    };
    const { connection, ...report } = await connectWithRetry(this.#options, deadline, connect, limit);
    emitEvent("connect", this.#options.endpoint, () => report);
    // What connecting set up is there for all invocations.
    this.#driver.sessionOf?.(connection).adopt();
    return connection;
  }

  #lease(connection: Connection): Lease<Db> {
    const { endpoint, runtime } = this.#options;
    const leasedAt = runtime.clock.steadyMs();
    const lease = createLease(this.#driver.createView(connection), {
      stateOf: () => this.#driver.stateOf(connection),
      untilSettled: (deadline) => untilSettled(this.#driver, connection, deadline, this.#options),
      rollback: (deadline) => rollBackWithin(this.#driver, connection, deadline, this.#options),
      stateLeft: () => {
        if (this.#options.sessionState === "keep") return [];
        const session = this.#driver.sessionOf?.(connection);
        return session ? stateOnceRead(session) : [];
      },
      keep: () => {
        this.#leases.delete(lease);
        emitEvent("release", endpoint, () => ({ useMs: runtime.clock.steadyMs() - leasedAt }));
        this.#driver.sessionOf?.(connection).reportKept();
        this.#pass(connection);
      },
      destroy: (reason) => {
        this.#leases.delete(lease);
        this.#destroy(connection, reason);
        this.#pass(undefined);
      },
    });
    this.#leases.add(lease);
    return lease;
  }

  #destroy(connection: Connection, reason: string): void {
    this.#driver.destroy(connection);
    emitEvent("discard", this.#options.endpoint, () => ({ reason }));
  }

  #refuseIfClosed(): void {
    if (this.#closing) throw connectionsClosed(this.#endpoint);
  }
}
