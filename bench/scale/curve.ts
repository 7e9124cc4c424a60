/** One contender with one number of database connections: a curve of the plots. */
export interface Curve {
  readonly contender: "rdsProxy()" | "common snippet" | "direct";
  readonly backends: number;
  readonly points: readonly ScalePoint[];
}

/** What a number of environments came to. */
export interface ScalePoint {
  readonly environments: number;
  readonly perSecond: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Invocations that failed at any time, the ramp included, by message. */
  readonly errors: Readonly<Record<string, number>>;
  /** Tokens that the proxy verified, and connections that it received; undefined without a proxy. */
  readonly tokens: number | undefined;
  readonly connects: number | undefined;
}
