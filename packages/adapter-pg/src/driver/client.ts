import {
  type ConnectAttempt,
  type ConnectionState,
  deadlineIn,
  endsPostgresSession,
  LatestTurn,
  Login,
  type ResolvedRdsProxyOptions,
  type SessionState,
} from "@rds-proxy/core/adapter";
import { nextTick, setRef } from "@rds-proxy/core/internal";
import type pg from "pg";
import { clientConfig } from "./client-config.js";
import type { PgOptions } from "./driver-options.js";
import { guardMessages } from "./message-guard.js";
import { internalsOf } from "./pg-internals.js";
import { type QueryQueue, queueQueries } from "./query-queue.js";
import { watchSession } from "./watch-session.js";

/**
 * A `pg.Client` that logs in with a fresh token, handles every error of its socket, queues queries that are issued in parallel,
 * and follows the state of its session.
 */
export interface RdsProxyClient extends pg.Client {
  readonly state: ConnectionState;
  /** When the login ended, by the clock's `steadyMs()`. */
  readonly connectedAt: number;
  /** When the server last finished an answer, by the clock's `steadyMs()`. */
  readonly lastUsedAt: number;
  /** Whether the event loop is still in the turn in which that answer was read. */
  readonly isInTurnOfLastUse: boolean;
  /** What statements left in the session. */
  readonly session: SessionState;
  /** The present user keeps the connection; it is not used again afterwards. */
  markUnusable(): void;
  /** An error marks the connection as unusable, as in `pg.Pool`; otherwise does nothing. A pool replaces this method. */
  release(error?: Error | boolean): void;
  /** Connects before the attempt's deadline, or closes the socket. */
  connectWithin(attempt: ConnectAttempt): Promise<this>;
  /** Makes the connection keep the process alive, as a new one does. node-postgres has both methods, its types do not. */
  ref(): void;
  /** The opposite. */
  unref(): void;
  /** Closes the socket at once. A query in flight fails. */
  destroy(): void;
  /** The error of a login that did not end before a deadline of the caller. */
  timedOut(): Error;
}

export type RdsProxyClientClass = new (
  options: ResolvedRdsProxyOptions,
  driverOptions: PgOptions,
) => RdsProxyClient;

/** @param module node-postgres. It is passed in because Sequelize may be given another copy of it. */
export function createClientClass({ Client }: Pick<typeof pg, "Client">): RdsProxyClientClass {
  return class extends Client implements RdsProxyClient {
    readonly #options: ResolvedRdsProxyOptions;
    readonly #login: Login;
    readonly session: SessionState;
    readonly #queries: QueryQueue;
    #transactionStatus = "I";
    /** Whether the current answer contains an error and has not ended. */
    #hasFailed = false;
    #isUnusable = false;
    #connectedAt = 0;
    #lastUsedAt = 0;
    readonly #turnOfLastUse = new LatestTurn();

    constructor(options: ResolvedRdsProxyOptions, driverOptions: PgOptions) {
      const login = new Login(options);
      super(clientConfig(options, driverOptions, () => login.password()));
      this.#options = options;
      this.#login = login;
      guardMessages(this.connection, options.secret === undefined);
      const { session, refusalOf } = watchSession(this, options, () => this.#queries);
      this.session = session;
      this.#queries = queueQueries(this, driverOptions, refusalOf);

      const { clock } = options.runtime;
      this.once("connect", () => {
        this.#connectedAt = clock.steadyMs();
      });
      // An 'error' event without a listener ends the process. node-postgres also passes the error to a query in flight;
      // without one, the next user sees it by `state`.
      this.on("error", () => this.markUnusable());
      this.on("end", () => this.markUnusable());
      // Ends every answer, to any kind of query.
      this.connection.on("readyForQuery", ({ status }: { status: string }) => {
        this.#transactionStatus = status;
        this.#hasFailed = false;
        this.#lastUsedAt = clock.steadyMs();
        this.#turnOfLastUse.note();
      });
      this.connection.on("errorMessage", (error: unknown) => {
        this.#hasFailed = true;
        if (endsPostgresSession(error, options.endpoint)) this.markUnusable();
      });
    }

    get state(): ConnectionState {
      // A FIN shows on the stream at once; node-postgres reports it only after the socket has closed on both sides.
      const { readable, writable } = this.connection.stream;
      if (this.#isUnusable || !readable || !writable) return "unusable";
      if (this.#queries.isBusy) return this.#hasFailed ? "ending" : "busy";
      return this.#transactionStatus === "I" ? "idle" : "transaction";
    }

    get connectedAt(): number {
      return this.#connectedAt;
    }

    get lastUsedAt(): number {
      return this.#lastUsedAt;
    }

    get isInTurnOfLastUse(): boolean {
      return this.#turnOfLastUse.isCurrent;
    }

    markUnusable(): void {
      this.#isUnusable = true;
    }

    release(error?: Error | boolean): void {
      if (error) this.markUnusable();
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error | null, client: pg.Client) => void): void;
    override connect(
      callback?: (error: Error | null, client: pg.Client) => void,
    ): Promise<pg.Client> | undefined {
      const { connectTimeoutMs, runtime } = this.#options;
      const connected = this.connectWithin({ deadline: deadlineIn(connectTimeoutMs, runtime.clock) });
      if (!callback) return connected;
      connected.then(
        () => nextTick(callback, null, this),
        (error: Error) => nextTick(callback, error, this),
      );
      return undefined;
    }

    async connectWithin({ deadline }: ConnectAttempt): Promise<this> {
      const { connection } = this;
      try {
        await this.#login.within(this.#connect(), deadline, () => connection.stream);
      } catch (error) {
        // node-postgres leaves the socket open if the password callback fails. A second call of `connect()` also fails, and
        // must not close a connection that is in use.
        if (this.#connectedAt === 0) this.destroy();
        throw error;
      }
      return this;
    }

    ref(): void {
      setRef(this.connection.stream, true);
    }

    unref(): void {
      setRef(this.connection.stream, false);
    }

    destroy(): void {
      this.connection.stream.destroy();
    }

    timedOut(): Error {
      return this.#login.timedOut();
    }

    async #connect(): Promise<pg.Client> {
      try {
        if (this.#options.secret) await this.#findUser();
        // With a callback, as pg.Pool calls it. An instrumentation may have replaced the method and support only that.
        await new Promise<void>((resolve, reject) => {
          super.connect((error: Error | null) => (error ? reject(error) : resolve()));
        });
        return this;
      } finally {
        this.#forgetToken();
      }
    }

    /** The secret may be the only source of the user, which is also the database's default name. */
    async #findUser(): Promise<void> {
      await this.#login.prepare();
      // Connecting would reopen a socket that was destroyed in the meantime.
      if (this.#isUnusable || this.connection.stream.destroyed) {
        throw new Error("the connection was closed before it was opened");
      }
      const { user, database } = this.#options.endpoint;
      this.#setParameters({ user, database });
    }

    /** node-postgres keeps the password after the login. */
    #forgetToken(): void {
      this.#setParameters({ password: null });
    }

    /** node-postgres stores them on the client and on its parameters. */
    #setParameters(parameters: object): void {
      Object.assign(this, parameters);
      Object.assign(internalsOf(this).connectionParameters, parameters);
    }
  };
}
