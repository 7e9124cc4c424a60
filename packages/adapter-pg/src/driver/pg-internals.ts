import type { EventEmitter } from "node:events";
import type pg from "pg";

// Members of node-postgres that neither its documentation nor its types describe, as far as this package uses them. Checked
// in 8.16.0 and 8.23.1; the conformance suite runs with both (test/versions).

export interface ClientInternals {
  /** The client's own type parsers, which `setTypeParser()` changes. */
  _types: TypeOverrides;
  /** What the login is made of, in addition to the client's own `user`, `database` and `password`. */
  readonly connectionParameters: object;
}

/** Parsers by the object id of the type, in either format. */
export interface TypeOverrides {
  text: object;
  binary: object;
}

export interface ConnectionInternals {
  /** Connects the parser to the stream that messages come from. Called once, when TLS has begun. */
  attachListeners(stream: Pick<EventEmitter, "on">): void;
  /** Sends a statement by the simple protocol. */
  query(text: string): unknown;
  /** Sends a statement by the extended protocol, with a name if it is to be prepared. */
  parse(statement: { readonly text: string; readonly name?: string }, ...rest: unknown[]): unknown;
  /** Runs a statement, by its name if it was parsed before. */
  bind(config: { readonly statement?: string }, ...rest: unknown[]): unknown;
}

export interface PoolInternals {
  /** The class of the promises that its methods return: the option of this name. */
  readonly Promise: PromiseConstructor;
}

/** A query as node-postgres takes it: an object with settings, or the text of a statement. */
export interface QuerySettings {
  readonly text?: unknown;
  readonly name?: unknown;
  readonly callback?: unknown;
  readonly query_timeout?: unknown;
  /** A query stream's cursor, which has the text. */
  readonly cursor?: unknown;
}

export function internalsOf(client: pg.Client): ClientInternals;
export function internalsOf(connection: pg.Connection): ConnectionInternals;
export function internalsOf(pool: pg.Pool): PoolInternals;
export function internalsOf(part: object): object {
  return part;
}

/** Undefined for the text of a statement. */
export function settingsOf(query: unknown): QuerySettings | undefined {
  return typeof query === "object" && query !== null ? query : undefined;
}
