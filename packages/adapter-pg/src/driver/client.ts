import {
  type ConnectAttempt,
  type ConnectionState,
  deadlineIn,
  endsPostgresSession,
  Login,
  type ResolvedRdsProxyOptions,
  type SessionState,
} from "@rds-proxy/core/adapter";
import { endOfTurn, nextTick, setRef } from "@rds-proxy/core/internal";
import type pg from "pg";
import { clientConfig } from "./client-config.js";
import type { PgOptions } from "./driver-options.js";
import { guardMessages } from "./message-guard.js";
import { internalsOf } from "./pg-internals.js";
import { type QueryQueue, queueQueries } from "./query-queue.js";
import { type WatchedSession, watchSession } from "./watch-session.js";

/**
 * A `pg.Client` that logs in with a token of its own, survives whatever happens to its socket, runs queries that
 * are issued in parallel one after the other, and knows the state of its session.
 */
export interface RdsProxyClient extends pg.Client {
  readonly state: ConnectionState;
  /** When the login was done, by the clock's `steadyMs()`. */
  readonly connectedAt: number;
  /** When the server last finished an answer, by the clock's `steadyMs()`. */
  readonly lastUsedAt: number;
  /** Resolves when the turn of the event loop has ended in which that answer was read. */
  readonly turnOfLastUse: Promise<void>;
  /** What statements left in the session. */
  readonly session: SessionState;
  /** Marks the connection as not to be used again once its present user is done. */
  poison(): void;
  /** Without effect but for an error, which means, as in `pg.Pool`: not to be used again. A pool puts its own here. */
  release(error?: Error | boolean): void;
  /** Connects within the limits of one attempt, or leaves nothing behind. */
  connectWithin(attempt: ConnectAttempt): Promise<this>;
  /** From now on the connection keeps the process alive, as one that was just opened does. Not in the types of pg. */
  ref(): void;
  /** The opposite. */
  unref(): void;
  /** Closes the socket at once. A query in flight fails. */
  destroy(): void;
}

export type RdsProxyClientClass = new (
  options: ResolvedRdsProxyOptions,
  driverOptions: PgOptions,
) => RdsProxyClient;

/** @param module node-postgres, or as much of it as is needed: whoever has it from elsewhere passes that */
export function createClientClass({ Client }: Pick<typeof pg, "Client">): RdsProxyClientClass {
  return class extends Client implements RdsProxyClient {
    readonly #options: ResolvedRdsProxyOptions;
    readonly #login: Login;
    readonly session: WatchedSession;
    readonly #queries: QueryQueue;
    #transactionStatus = "I";
    /** Whether an error has come whose answer has not ended. */
    #hasFailed = false;
    #isUnusable = false;
    #connectedAt = 0;
    #lastUsedAt = 0;
    #turnOfLastUse: Promise<void> = Promise.resolve();

    constructor(options: ResolvedRdsProxyOptions, driverOptions: PgOptions) {
      const login = new Login(options);
      super(clientConfig(options, driverOptions, () => login.password()));
      this.#options = options;
      this.#login = login;
      guardMessages(this.connection, options.secret === undefined);
      this.session = watchSession(this, options, () => this.#queries.waitingCount);
      this.#queries = queueQueries(this, driverOptions, (query) => this.session.refusal(query));

      const { clock } = options.runtime;
      this.once("connect", () => {
        this.#connectedAt = clock.steadyMs();
      });
      // From creation to end: an 'error' event without a listener ends the process. What broke is told to the query
      // in flight; if there was none, `state` tells it to whoever wants to use the connection next.
      this.on("error", () => this.poison());
      this.on("end", () => this.poison());
      // Every answer passes here, whichever kind of query it belongs to.
      this.connection.on("readyForQuery", ({ status }: { status: string }) => {
        this.#transactionStatus = status;
        this.#hasFailed = false;
        this.#lastUsedAt = clock.steadyMs();
        this.#turnOfLastUse = endOfTurn();
      });
      this.connection.on("errorMessage", (error: unknown) => {
        this.#hasFailed = true;
        if (endsPostgresSession(error)) this.poison();
      });
    }

    get state(): ConnectionState {
      // A FIN shows on the stream at once; node-postgres tells of it only when the socket has closed on both sides.
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

    get turnOfLastUse(): Promise<void> {
      return this.#turnOfLastUse;
    }

    poison(): void {
      this.#isUnusable = true;
    }

    release(error?: Error | boolean): void {
      if (error) this.poison();
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
        // node-postgres leaves the socket open when the password could not be had. A second call of `connect` fails
        // too, and must not cost a connection that is in use.
        if (this.#connectedAt === 0) this.destroy();
        throw error;
      }
      this.session.adopt();
      return this;
    }

    ref(): void {
      setRef(this.connection.stream, true);
    }

    unref(): void {
      setRef(this.connection.stream, false);
    }

    destroy(): void {
      this.poison();
      this.connection.stream.destroy();
    }

    async #connect(): Promise<pg.Client> {
      try {
        if (this.#options.secret) await this.#findUser();
        // With a callback, as pg.Pool calls it: what stands in its place may know no other way.
        await new Promise<void>((resolve, reject) => {
          super.connect((error: Error | null) => (error ? reject(error) : resolve()));
        });
        return this;
      } catch (error) {
        this.#login.failedWith(error);
        throw error;
      } finally {
        this.#forgetToken();
      }
    }

    /** Only the secret may tell who logs in; the database may have the same name. */
    async #findUser(): Promise<void> {
      await this.#login.prepare();
      // A socket that was destroyed meanwhile would be opened again.
      if (this.#isUnusable || this.connection.stream.destroyed) {
        throw new Error("the connection was closed before it was opened");
      }
      const { user, database } = this.#options.endpoint;
      this.#setParameters({ user, database });
    }

    /** node-postgres keeps the password that it sent. */
    #forgetToken(): void {
      this.#setParameters({ password: null });
    }

    /** node-postgres has them twice, on the client and on its parameters. */
    #setParameters(parameters: object): void {
      Object.assign(this, parameters);
      Object.assign(internalsOf(this).connectionParameters, parameters);
    }
  };
}
