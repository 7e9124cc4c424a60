/** To a worker: so many environments begin one after the other and are invoked until the time is over. */
export interface Load {
  readonly environments: number;
  /** The first invocations are spread over this time, as Lambda spreads the start of environments. */
  readonly rampMs: number;
  /** What is measured begins after the ramp. */
  readonly steadyMs: number;
  /** Between the answer to one invocation and the next one. */
  readonly pauseMs: number;
}

/** From a worker, when it is done. */
export interface LoadResult {
  /** Invocations that began after the ramp and were answered, in milliseconds each. */
  readonly durationsMs: readonly number[];
  /** Invocations that failed at any time, by message. */
  readonly errors: Readonly<Record<string, number>>;
}
