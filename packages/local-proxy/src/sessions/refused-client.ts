/** A client whose login was refused. */
export interface RefusedClient {
  /** Number of the client connection, as in the log. */
  readonly connection: number;
  /** Its address: `127.0.0.1:53412`. */
  readonly peer: string;
  /** When, in ms of the proxy's clock. */
  readonly atMs: number;
  /** Code and text of the error that it got. */
  readonly error: string;
  /** The reason behind it, such as why its token is invalid; `undefined` if the error says it. */
  readonly reason: string | undefined;
}
