import type { TLSSocket } from "node:tls";
import type { Client } from "./client.js";
import type { LoginTurns } from "./login-turns.js";

/** A login that has ended on both sides. */
export interface LoggedIn {
  readonly upstream: TLSSocket;
  /** Called when the session is over. */
  ended?(): void;
}

/** What an engine's protocol does until bytes are passed on. */
export interface Protocol {
  /**
   * Logs a client in, and then the listener in its name.
   *
   * @param turns limits the connections to the endpoint that are not logged in yet
   * @returns undefined if nothing follows, as after a cancel request
   * @throws Refusal with the reply to the client
   */
  logIn(client: Client, turns: LoginTurns): Promise<LoggedIn | undefined>;
  /**
   * Logs in once without a client.
   *
   * @returns the server's name and version
   * @throws RdsProxyError
   */
  check(): Promise<string>;
}
