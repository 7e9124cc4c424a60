import type { Duplex } from "node:stream";
import { RdsProxyError } from "@rds-proxy/core";
import {
  type ConnectAttempt,
  type ConnectionState,
  endsMysqlSession,
  LatestTurn,
  Login,
  type ResolvedRdsProxyOptions,
  type SessionWatch,
} from "@rds-proxy/core/adapter";
import { firstEvent, setRef } from "@rds-proxy/core/internal";
import type { Connection, ConnectionOptions } from "mysql2";
import type { Connection as PromiseConnection } from "mysql2/promise";
import type { ConnectionConfigFactory } from "./connection-config.js";
import { type ConnectionInternals, internalsOf } from "./mysql2-internals.js";
import { guardPackets } from "./packet-guard.js";
import { PacketTap, SERVER_STATUS_AUTOCOMMIT } from "./packet-tap.js";
import { formatSafely } from "./safe-format.js";
import { guardCharset, type SessionCharset, unsafeCharset } from "./session-charset.js";
import type { BackslashReading } from "./text-literal.js";
import { watchSession } from "./watch-session.js";

/** A mysql2 connection after its login. It handles every error of its socket and follows the state of its session. */
export class PhysicalConnection {
  readonly connection: Connection;
  /** When the login ended, by the clock's `steadyMs()`. */
  readonly connectedAt: number;
  /** TLS has replaced it before the login ended; it does not change again. */
  readonly #stream: Duplex;
  readonly #internals: ConnectionInternals;
  readonly #tap: PacketTap;
  /** False if the server's default is autocommit off, which is then not a change that an invocation made. */
  readonly #beganInAutocommit: boolean;
  #isUnusable = false;
  #lastUsedAt: number;
  readonly #turnOfLastUse = new LatestTurn();
  #promiseWrapper: PromiseConnection | undefined;
  readonly #charset: SessionCharset;
  /** What statements left in the session. */
  readonly session: SessionWatch;

  /**
   * @param connection one whose login has just ended
   * @param refusalOf returns why a statement must not be sent in the session's present state. Without it, only statements with
   *   values are checked; an ORM also writes values into the text itself
   */
  constructor(
    connection: Connection,
    options: ResolvedRdsProxyOptions,
    refusalOf?: (sql: string, physical: PhysicalConnection) => string | undefined,
  ) {
    const { clock } = options.runtime;
    this.connection = connection;
    this.#internals = internalsOf(connection);
    this.#stream = this.#internals.stream;
    this.#beganInAutocommit = greetingStatus(connection) !== 0;
    this.connectedAt = clock.steadyMs();
    this.#lastUsedAt = this.connectedAt;
    this.#turnOfLastUse.note();
    this.#tap = new PacketTap((errno) => {
      if (endsMysqlSession({ errno }, options.endpoint)) this.markUnusable();
    });
    formatSafely(connection, () => this.backslash);
    this.#charset = guardCharset(
      connection,
      (sql, values) => (refusalOf ? refusalOf(sql, this) : this.#refuseValues(values)),
      (command) => changed(command),
    );
    const { session, changed } = watchSession(connection, options, () => this.#tap.backslash !== "character");
    this.session = session;
    // An 'error' event without a listener ends the process. mysql2 also passes the error to a query in flight; without one, the
    // next user sees it by `state`.
    connection.on("error", () => this.markUnusable());
    connection.on("end", () => this.markUnusable());
    this.#stream.on("data", (chunk: Buffer) => {
      this.#lastUsedAt = clock.steadyMs();
      this.#turnOfLastUse.note();
      this.#tap.read(chunk);
      if (this.#tap.isTransactionOpen) this.session.began();
    });
  }

  get state(): ConnectionState {
    const state = this.stateInPool;
    if (this.#internals._paused) return "unusable";
    // With autocommit off, the next statement opens a transaction: the next invocation's writes would not be committed.
    const isUncommitted = this.#tap.isAutocommitOff && this.#beganInAutocommit;
    return state === "idle" && isUncommitted ? "transaction" : state;
  }

  /**
   * The state as a pool sees it. A pool's connections all belong to the same user: autocommit off is their choice, and a paused
   * stream will be read to its end.
   */
  get stateInPool(): ConnectionState {
    // A FIN shows on the stream at once; mysql2 reports it only after the socket has closed on both sides.
    if (this.#isUnusable || !this.#stream.readable || !this.#stream.writable) return "unusable";
    const { _closing, _fatalError, _protocolError, _paused, _command } = this.#internals;
    if (_closing || _fatalError || _protocolError) return "unusable";
    if (_command) return "busy";
    if (_paused) return "unusable";
    return this.#tap.isInTransaction ? "transaction" : "idle";
  }

  /** How the server reads a backslash in the next statement: unknown before the first answer and while a command runs. */
  get backslash(): BackslashReading {
    return this.#internals._command ? "unknown" : this.#tap.backslash;
  }

  /** How it read one when it sent the last answer. */
  get lastBackslash(): BackslashReading {
    return this.#tap.backslash;
  }

  /** The session's character set, if values cannot be written safely in it. */
  get unsafeCharset(): string | undefined {
    return this.#charset.unsafe;
  }

  /** When the server last sent something, by the clock's `steadyMs()`. */
  get lastUsedAt(): number {
    return this.#lastUsedAt;
  }

  /** Whether the event loop is still in the turn in which that was read. */
  get isInTurnOfLastUse(): boolean {
    return this.#turnOfLastUse.isCurrent;
  }

  /** mysql2's wrapper with promises, the same for all leases: it takes microseconds to create. */
  promiseWrapper(PromiseClass: PromiseConstructor | undefined): PromiseConnection {
    this.#promiseWrapper ??= this.connection.promise(PromiseClass);
    return this.#promiseWrapper;
  }

  /** Resolves when the server has answered everything that was sent, or the connection has failed. */
  async untilIdle(): Promise<void> {
    while (this.stateInPool === "busy") {
      const { _command } = this.#internals;
      if (!_command) return;
      await firstEvent([_command, "end"], [this.connection, "error", "end"]);
    }
  }

  /** The present user keeps the connection; it is not used again afterwards. */
  markUnusable(): void {
    this.#isUnusable = true;
  }

  /** Makes the connection keep the process alive, as a new one does. */
  ref(): void {
    setRef(this.#stream, true);
  }

  /** The opposite. */
  unref(): void {
    setRef(this.#stream, false);
  }

  /** Closes the socket at once. A query in flight fails. */
  destroy(): void {
    closeSocket(this.connection);
  }

  #refuseValues(values: unknown): string | undefined {
    const charset = this.#charset.unsafe;
    if (charset === undefined || typeof values !== "object" || values === null) return undefined;
    return Object.keys(values).length === 0 ? undefined : unsafeCharset(charset);
  }
}

/** mysql2's function of this name. It is passed in because Sequelize may be given another copy of mysql2. */
export type CreateConnection = (config: ConnectionOptions) => Connection;

/** A connection whose login has not ended. */
export interface OpeningConnection {
  readonly connection: Connection;
  /** Settles within the attempt's deadline. The socket is closed if it rejects. */
  readonly opened: Promise<PhysicalConnection>;
  /** Closes the socket at once, before or after the end of the login. */
  destroy(): void;
}

/**
 * Starts to connect.
 *
 * @param refusalOf see `PhysicalConnection`
 */
export function openConnection(
  createConnection: CreateConnection,
  options: ResolvedRdsProxyOptions,
  createConfig: ConnectionConfigFactory,
  { deadline }: ConnectAttempt,
  refusalOf?: (sql: string, physical: PhysicalConnection) => string | undefined,
): OpeningConnection {
  const login = new Login(options);
  const config = createConfig(() => login.password());
  // `login.within()` applies the attempt's deadline instead, and knows whether the server or a provider was slow.
  const connection = createConnection({ ...config, connectTimeout: 0 });
  guardPackets(connection);
  const { promise, resolve, reject } = Promise.withResolvers<PhysicalConnection>();
  connection.once("connect", () => resolve(new PhysicalConnection(connection, options, refusalOf)));
  // Never removed: a later error without a listener would end the process.
  connection.on("error", reject);

  const open = async (): Promise<PhysicalConnection> => {
    try {
      const physical = await login.within(promise, deadline, () => internalsOf(connection).stream);
      if (!internalsOf(connection).stream.encrypted) {
        // Older versions do not expose the encrypted stream, by which the session's state is followed.
        throw new RdsProxyError("RDS_PROXY_UNSUPPORTED", "mysql2 3.15 or later is needed: update it.");
      }
      return physical;
    } catch (error) {
      login.failedWith(error);
      closeSocket(connection);
      throw error;
    }
  };
  return { connection, opened: open(), destroy: () => closeSocket(connection) };
}

/** The autocommit flag of the server's greeting. */
function greetingStatus(connection: Connection): number {
  const { statusFlags = 0 } = internalsOf(connection)._handshakePacket ?? {};
  return statusFlags & SERVER_STATUS_AUTOCOMMIT;
}

/** mysql2's own `destroy()` only ends the socket's writable side: a query in flight would wait forever. */
function closeSocket(connection: Connection): void {
  internalsOf(connection).stream.destroy();
}
