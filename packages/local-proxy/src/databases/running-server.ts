/** A database server, as the option `upstream` of `startLocalProxy` takes it. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** One that was started, and is stopped by whoever started it. */
export interface RunningServer extends DatabaseServer {
  /** Ends it and removes what it has written. */
  stop(): Promise<void>;
}
