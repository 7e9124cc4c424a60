/** How large a storm is. */
export interface StormOptions {
  readonly environments: number;
  /** The server's `max_connections`. */
  readonly maxConnections: number;
  /** Logins with a token that the proxy lets through in a second. */
  readonly loginsPerSecond: number;
  /** Where the chart goes: a page (.html), or the picture alone (.svg). */
  readonly outputFile: string;
}
