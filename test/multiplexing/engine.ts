import type { LocalProxy, Upstream } from "@rds-proxy/local-proxy";
import type { Random } from "../support/random.js";
import type { Ledger } from "./ledger.js";

/** A client's session: raw messages, so that requests can be cut and pipelined. */
export interface Session {
  /** Names of the operations. */
  readonly operations: readonly [string, ...string[]];
  /**
   * Runs an operation whose answer contains `token`. Throws a `Violation` for an answer that is not its own,
   * `SessionEnded` when the session has ended, and resolves with whether the session can go on.
   */
  run(operation: string, token: string): Promise<boolean>;
  destroy(): void;
}

/** The session was ended by the server, the proxy or the client, so that nothing is known of its last operation. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
}

/** One kind of server. */
export interface Engine {
  readonly name: "postgres" | "mysql";
  /** Creates the user and the tables, and returns the user's login. */
  prepare(): Promise<Upstream>;
  connect(proxy: LocalProxy, random: Random, ledger: Ledger): Promise<Session>;
  /** The rows that clients have written. */
  rows(): Promise<string[]>;
  /** The ids of the sessions behind the proxy. */
  sessions(): Promise<number[]>;
  kill(session: number): Promise<void>;
  close(): Promise<void>;
}

/** The database user of the clients, by which their sessions are found. */
export const user = "multiplexing_clients";
export const password = "multiplexing";

/** Turns of the event loop, in which the proxy handles what it has received. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Reports the end of a raw client's connection, which the client has as an error. */
export async function orEnded<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw new SessionEnded("by the server or the proxy", { cause: error });
  });
}
