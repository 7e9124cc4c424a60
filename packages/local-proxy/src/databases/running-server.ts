/** A database server, in the form of the option `upstream` of `startLocalProxy`. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A server that was started; the caller has to stop it. */
export interface RunningServer extends DatabaseServer {
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}
