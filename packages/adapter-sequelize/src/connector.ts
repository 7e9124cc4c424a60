import {
  type ConnectAttempt,
  deadlineIn,
  describeEndpoint,
  leaseEnded,
  type ResolvedRdsProxyOptions,
  within,
} from "@rds-proxy/core/adapter";
import { connectionsClosed, connectWithRetry, emitEvent } from "@rds-proxy/core/internal";
import { connectErrorFor, driverErrorOf, type FailedAttempt } from "./connect-error.js";
import type { OpeningConnection, OpeningRequest } from "./dialects/dialect.js";
import type { PooledConnection } from "./pooled-connection.js";
import type { RunningInvocations } from "./running-invocations.js";
import type { ConnectConfig, ConnectionManager } from "./sequelize-internals.js";

/** A connect that ends with its deadline needs this long to report why it failed. */
export const REPORT_MARGIN_MS = 30;

/** What a connector needs to know of the instance whose connections it opens. */
export interface ConnectorOptions {
  /** Sequelize's own connect, which calls the driver before it waits for anything. */
  readonly connect: ConnectionManager["connect"];
  readonly invocations: RunningInvocations;
  /** Read replicas have endpoints of their own. */
  optionsOf(config: ConnectConfig): ResolvedRdsProxyOptions;
  /** Work on a new connection before Sequelize gets it. */
  prepare(connection: object): Promise<void>;
  onConnected(connection: object, pooled: PooledConnection, options: ResolvedRdsProxyOptions): void;
}

/** Opens the connections of one Sequelize instance: each attempt within its time, and retries while they may help. */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #opening = new Set<OpeningConnection>();
  /** Connects that have not ended, with the delays between their attempts. */
  #connecting = 0;
  #request: OpeningRequest | undefined;
  #isClosed = false;

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** What the driver is called for now. */
  get request(): OpeningRequest {
    if (!this.#request) throw new Error("the driver was called outside of an attempt to connect");
    return this.#request;
  }

  get isConnecting(): boolean {
    return this.#connecting > 0;
  }

  async connect(config: ConnectConfig, limits: { maxAttempts?: number } = {}): Promise<object> {
    const { invocations } = this.#options;
    const options = this.#options.optionsOf(config);
    const requestedBy = invocations.current;
    const failures: FailedAttempt[] = [];
    const attemptOnce = async (attempt: ConnectAttempt): Promise<object> => {
      if (this.#isClosed) throw connectionsClosed(describeEndpoint(options.endpoint));
      if (invocations.haveEnded(requestedBy)) throw leaseEnded();
      const outcome = await this.#attempt(config, options, attempt);
      if ("connection" in outcome) return outcome.connection;
      failures.push(outcome);
      throw outcome.driverError;
    };
    const limitMs = Math.max(0, invocations.deadlineFor(options).remainingMs() - REPORT_MARGIN_MS);
    this.#connecting++;
    try {
      const { connection, ...report } = await connectWithRetry(
        options,
        deadlineIn(limitMs, options.runtime.clock),
        attemptOnce,
        limits,
      );
      emitEvent("connect", options.endpoint, () => report);
      return connection;
    } catch (error) {
      // Not always the last one: an attempt that the deadline cut short does not show the cause.
      const { cause } = error instanceof Error ? error : {};
      const shown = failures.find(({ driverError }) => driverError === cause) ?? failures.at(-1);
      throw connectErrorFor(shown ?? { thrown: error, driverError: error }, error);
    } finally {
      this.#connecting--;
    }
  }

  /** Ends the attempts that are under way. */
  abandonAttempts(): void {
    for (const opening of this.#opening) opening.destroy();
  }

  /** Ends them, and refuses new ones. */
  close(): void {
    this.#isClosed = true;
    this.abandonAttempts();
  }

  async #attempt(
    config: ConnectConfig,
    options: ResolvedRdsProxyOptions,
    attempt: ConnectAttempt,
  ): Promise<{ readonly connection: object } | FailedAttempt> {
    const { connect, prepare, onConnected } = this.#options;
    const called = Promise.withResolvers<OpeningConnection>();
    this.#request = { options, attempt, onOpening: called.resolve };
    const connected = connect(config);
    this.#request = undefined;
    // Awaited after the login; until then a rejection must not count as unhandled.
    connected.catch(called.reject);

    let opening: OpeningConnection | undefined;
    let pooled: PooledConnection | undefined;
    try {
      opening = await called.promise;
      this.#opening.add(opening);
      pooled = await opening.pooled;
      // Sequelize may send statements of its own after the login.
      const connection = await within(connected, attempt.deadline, unansweredInTime);
      await within(prepare(connection), attempt.deadline, unansweredInTime);
      onConnected(connection, pooled, options);
      return { connection };
    } catch (error) {
      opening?.destroy();
      // The driver's error has more detail than Sequelize's, of which only the class is needed.
      const thrown = await within(connected, attempt.deadline, unansweredInTime).catch(identity);
      return { thrown, driverError: pooled ? driverErrorOf(error) : error };
    } finally {
      if (opening) this.#opening.delete(opening);
    }
  }
}

function unansweredInTime(): Error {
  const error = new Error("the server did not answer Sequelize in the time for one attempt");
  return Object.assign(error, { code: "ETIMEDOUT" });
}

function identity(error: unknown): unknown {
  return error;
}
