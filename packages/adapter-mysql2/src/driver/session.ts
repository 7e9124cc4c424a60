import type { Duplex } from "node:stream";
import { RdsProxyError } from "@rds-proxy/core";
import {
  type ConnectAttempt,
  type ConnectionState,
  endsMysqlSession,
  Login,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core/adapter";
import { endOfTurn, firstEvent, setRef } from "@rds-proxy/core/internal";
import type { Connection, ConnectionOptions } from "mysql2";
import type { ConnectionConfigFactory } from "./connection-config.js";
import { type ConnectionInternals, internalsOf } from "./mysql2-internals.js";
import { guardPackets } from "./packet-guard.js";
import { PacketTap, SERVER_STATUS_AUTOCOMMIT } from "./packet-tap.js";
import { formatSafely } from "./safe-format.js";
import { guardCharset, type SessionCharset, unsafeCharset } from "./session-charset.js";
import type { BackslashReading } from "./text-literal.js";
import { type WatchedSession, watchSession } from "./watch-session.js";

/** A logged-in mysql2 connection that survives whatever happens to its socket, and knows the state of its session. */
export class MysqlSession {
  readonly connection: Connection;
  /** When the login was done, by the clock's `steadyMs()`. */
  readonly connectedAt: number;
  /** Stays the same from the login on. */
  readonly #stream: Duplex;
  readonly #internals: ConnectionInternals;
  readonly #tap: PacketTap;
  /** Otherwise the server is set up that way, and it is nothing that an invocation left behind. */
  readonly #beganInAutocommit: boolean;
  #isUnusable = false;
  #lastUsedAt: number;
  /** Undefined when that turn has ended. */
  #turnOfLastUse: Promise<void> | undefined;

  readonly #charset: SessionCharset;
  /** What statements left in the session. */
  readonly session: WatchedSession;

  /**
   * @param connection one whose login has just been done
   * @param refusalOf why a statement must not be sent in the session as it is, where any statement's text may hold values
   */
  constructor(
    connection: Connection,
    options: ResolvedRdsProxyOptions,
    refusalOf?: (sql: string, session: MysqlSession) => string | undefined,
  ) {
    const { clock } = options.runtime;
    this.connection = connection;
    this.#internals = internalsOf(connection);
    this.#stream = this.#internals.stream;
    this.#beganInAutocommit = greetingStatus(connection) !== 0;
    this.connectedAt = clock.steadyMs();
    this.#lastUsedAt = this.connectedAt;
    this.#noteTurn();
    this.#tap = new PacketTap((errno) => {
      if (endsMysqlSession({ errno })) this.poison();
    });
    formatSafely(connection, () => this.backslash);
    this.#charset = guardCharset(connection, (sql, values) =>
      refusalOf ? refusalOf(sql, this) : this.#refuseValues(values),
    );
    this.session = watchSession(connection, options, () => this.#tap.backslash !== "character");
    this.session.adopt();
    // An 'error' event without a listener ends the process. What broke is told to the query in flight; if there was
    // none, `state` tells it to whoever wants to use the connection next.
    connection.on("error", () => this.poison());
    connection.on("end", () => this.poison());
    this.#stream.on("data", (chunk: Buffer) => {
      this.#lastUsedAt = clock.steadyMs();
      this.#noteTurn();
      this.#tap.read(chunk);
      if (this.#tap.isTransactionOpen) this.session.began();
    });
  }

  get state(): ConnectionState {
    const state = this.stateInPool;
    if (state === "busy" && this.#internals._paused) return "unusable";
    // Without autocommit the next statement opens a transaction: writes of the next invocation would never be committed.
    const isUncommitted = this.#tap.isAutocommitOff && this.#beganInAutocommit;
    return state === "idle" && isUncommitted ? "transaction" : state;
  }

  /**
   * The state for the user of a pool, to whom all of its connections belong: one on which they switched autocommit off
   * stays as it is, and a stream that is read slowly will be read to its end.
   */
  get stateInPool(): ConnectionState {
    // A FIN shows on the stream at once; mysql2 tells of it only when the socket has closed on both sides.
    if (this.#isUnusable || !this.#stream.readable || !this.#stream.writable) return "unusable";
    const { _closing, _fatalError, _protocolError, _paused, _command } = this.#internals;
    if (_closing || _fatalError || _protocolError) return "unusable";
    if (_command) return "busy";
    if (_paused) return "unusable";
    return this.#tap.isInTransaction ? "transaction" : "idle";
  }

  /** How the next statement's backslashes are read: not known before the first answer, nor while one is awaited. */
  get backslash(): BackslashReading {
    return this.#internals._command ? "unknown" : this.#tap.backslash;
  }

  /** The same by the last answer alone. */
  get lastBackslash(): BackslashReading {
    return this.#tap.backslash;
  }

  /** The character set of the session's statements, where it is one that values cannot be written in. */
  get unsafeCharset(): string | undefined {
    return this.#charset.unsafe;
  }

  /** When the server was last heard, by the clock's `steadyMs()`. */
  get lastUsedAt(): number {
    return this.#lastUsedAt;
  }

  /** Resolves when the turn of the event loop has ended in which that was read. */
  get turnOfLastUse(): Promise<void> {
    return this.#turnOfLastUse ?? Promise.resolve();
  }

  /** Resolves when the server has answered everything that was sent, or the connection has failed. */
  async untilIdle(): Promise<void> {
    while (this.stateInPool === "busy") {
      const { _command } = this.#internals;
      if (!_command) return;
      await firstEvent([_command, "end"], [this.connection, "error", "end"]);
    }
  }

  /** Marks the connection as not to be used again once its present user is done. */
  poison(): void {
    this.#isUnusable = true;
  }

  /** From now on the connection keeps the process alive, as one that was just opened does. */
  ref(): void {
    setRef(this.#stream, true);
  }

  /** The opposite. */
  unref(): void {
    setRef(this.#stream, false);
  }

  /** Closes the socket at once. A query in flight fails. */
  destroy(): void {
    this.poison();
    closeSocket(this.connection);
  }

  #refuseValues(values: unknown): string | undefined {
    const charset = this.#charset.unsafe;
    if (charset === undefined || typeof values !== "object" || values === null) return undefined;
    return Object.keys(values).length === 0 ? undefined : unsafeCharset(charset);
  }

  /** Once a turn, since a large result comes in many pieces. */
  #noteTurn(): void {
    this.#turnOfLastUse ??= endOfTurn().then(() => {
      this.#turnOfLastUse = undefined;
    });
  }
}

/** mysql2's function of this name: passed in, so that whoever has mysql2 from elsewhere can use this. */
export type CreateConnection = (config: ConnectionOptions) => Connection;

/** A connection whose login has begun. */
export interface OpeningSession {
  readonly connection: Connection;
  /** Settles within the limits of the attempt; a failed one leaves nothing behind. */
  readonly opened: Promise<MysqlSession>;
  /** Closes the socket at once, whatever the login has come to. */
  destroy(): void;
}

/**
 * Begins to connect.
 *
 * @param refusalOf see `MysqlSession`
 */
export function beginSession(
  createConnection: CreateConnection,
  options: ResolvedRdsProxyOptions,
  createConfig: ConnectionConfigFactory,
  { deadline }: ConnectAttempt,
  refusalOf?: (sql: string, session: MysqlSession) => string | undefined,
): OpeningSession {
  const login = new Login(options);
  const config = createConfig(() => login.password());
  // The login's own limit ends with the attempt, and knows who was waited for.
  const connection = createConnection({ ...config, connectTimeout: 0 });
  guardPackets(connection);
  const { promise, resolve, reject } = Promise.withResolvers<MysqlSession>();
  connection.once("connect", () => resolve(new MysqlSession(connection, options, refusalOf)));
  // Stays to the end: what comes after the first error must not end the process.
  connection.on("error", reject);

  const open = async (): Promise<MysqlSession> => {
    try {
      const session = await login.within(promise, deadline, () => internalsOf(connection).stream);
      if (!internalsOf(connection).stream.encrypted) {
        // Older versions hide the encrypted stream, and with it the state of the session.
        throw new RdsProxyError("RDS_PROXY_UNSUPPORTED", "mysql2 3.15 or later is needed: update it.");
      }
      return session;
    } catch (error) {
      login.failedWith(error);
      closeSocket(connection);
      throw error;
    }
  };
  return { connection, opened: open(), destroy: () => closeSocket(connection) };
}

/** The autocommit flag of the server's greeting, which mysql2 keeps for itself. */
function greetingStatus(connection: Connection): number {
  const { statusFlags = 0 } = internalsOf(connection)._handshakePacket ?? {};
  return statusFlags & SERVER_STATUS_AUTOCOMMIT;
}

/** mysql2's own `destroy()` only says goodbye: a query in flight would wait for its answer for ever. */
function closeSocket(connection: Connection): void {
  internalsOf(connection).stream.destroy();
}
