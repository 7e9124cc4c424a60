/** The size of a storm. */
export interface StormOptions {
  readonly environments: number;
  /** The server's `max_connections`. */
  readonly maxConnections: number;
  /** Logins with a token that the proxy accepts in a second. */
  readonly loginsPerSecond: number;
  /** The chart's file: a page (.html) or the picture alone (.svg), with its numbers beside it (.json). */
  readonly outputFile: string;
}
