import type { EventEmitter } from "node:events";
import type { Duplex, Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { AuthPlugin, Connection, Pool } from "mysql2";

// Members of mysql2 that neither its documentation nor its types describe, as far as this package and the ORMs' adapters use
// them. Checked in 3.15.0, 3.21.1 and 3.24.6; the conformance suite runs with all three (test/versions).

export interface ConnectionInternals {
  /** The socket, which TLS replaces. The encrypted one is here from 3.15 on; older versions hide it. */
  readonly stream: Duplex & Partial<Pick<TLSSocket, "encrypted" | "authorized">>;
  /** One of these four is set on a connection that was closed, has failed, or reads no more. */
  readonly _closing?: unknown;
  readonly _fatalError?: unknown;
  readonly _protocolError?: unknown;
  readonly _paused?: unknown;
  /** A pool's connection has it until it is removed from its pool. */
  readonly _pool?: unknown;
  /** The command whose answer is not complete. */
  readonly _command?: Command | null | undefined;
  /** The commands that wait behind it. */
  readonly _commands: { toArray(): Command[] };
  /** The server's greeting. */
  readonly _handshakePacket?: { readonly statusFlags?: number };
  /** The number that the next packet has to have. */
  sequenceId: number;
  /** Writes values into a statement. Documented without the third argument. */
  format(sql: string, values?: unknown, namedPlaceholders?: unknown): unknown;
  /** Passes a packet to the command that waits for it; without one, starts the next command. */
  handlePacket(packet?: Packet): unknown;
  config: ConfigInternals;
  /** Documented, and so is `changeUser()`. */
  reset?(callback?: (error: Error | null) => void): unknown;
  changeUser(options: unknown, callback?: (error: Error | null) => void): unknown;
  /** Documented. Its overloads cannot be called with the arguments of another call. */
  query(...args: unknown[]): Command;
}

export interface PoolInternals {
  /** All connections, those that are being opened included. */
  readonly _allConnections: { readonly length: number; get(index: number): Connection | undefined };
}

export interface ConfigInternals {
  /** The collation of the session's statements, which mysql2 encodes them by. */
  charsetNumber: number;
  /** Capabilities that the login offers to the server. */
  readonly clientFlags: number;
  /** Documented, as is `namedPlaceholders`. */
  readonly queryFormat?: unknown;
  readonly namedPlaceholders?: unknown;
}

/** A packet as mysql2's parser passes it on. */
export interface Packet {
  readonly sequenceId: number;
  /** Where the payload is. */
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  peekByte(): number;
}

/** What mysql2 sends and waits for: a statement, a login, a ping. */
export interface Command extends Pick<EventEmitter, "on" | "off" | "emit"> {
  readonly sql?: unknown;
  readonly values?: unknown;
  /** The statement of a preparation. */
  readonly query?: unknown;
  /** The function that takes the next packet. */
  readonly next?: unknown;
  readonly resultsetHeader?: unknown;
  readonly infileOk?: unknown;
  /** Only `execute()`, whose values are not in the text, has one. */
  readonly statement?: unknown;
  readonly onResult?: (error: Error) => void;
  /** Documented. */
  stream(...args: unknown[]): Readable;
}

/** What mysql2 passes to an authentication plugin. */
export interface PluginLogin {
  readonly connection: Connection;
  /** The command whose login it is. */
  readonly command: object;
}

/** mysql2's types take the command for a string. */
export function pluginLogin(login: Parameters<AuthPlugin>[0]): PluginLogin {
  return login as PluginLogin & typeof login;
}

export function internalsOf(connection: Connection): ConnectionInternals;
export function internalsOf(config: Connection["config"]): ConfigInternals;
export function internalsOf(pool: Pool): PoolInternals;
export function internalsOf(part: object): object {
  return part;
}
