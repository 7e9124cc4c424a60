import type { LoadSummary } from "./run-load.js";

/** One contender with one number of database connections: a curve of the plots. */
export interface Curve {
  readonly contender: "rdsProxy()" | "common snippet" | "direct";
  readonly backends: number;
  readonly points: readonly ScalePoint[];
}

export interface ScalePoint extends LoadSummary {
  /** Tokens that the proxy verified, and connections that it or the server was asked for. */
  readonly tokens: number | undefined;
  readonly connects: number | undefined;
}
