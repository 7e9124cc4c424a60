/** To a worker: invoke all environments, and go on until the time is over. */
export interface Load {
  /** The first invocations are spread over this time, as Lambda spreads the start of environments. */
  readonly rampMs: number;
  /** The ramp included. */
  readonly durationMs: number;
  /** Mean time between the answer to one invocation and the next one. */
  readonly pauseMs: number;
  /** The function's timeout. */
  readonly timeoutMs: number;
}

/** How one invocation ended. */
export interface Outcome {
  /** Since the load began. */
  readonly invokedAtMs: number;
  readonly durationMs: number;
  /** The message that the caller got, if it failed. */
  readonly error: string | undefined;
}

/** From a worker. */
export type Report =
  | { readonly kind: "ready" }
  /** The invocations that ended since the last report. */
  | { readonly kind: "outcomes"; readonly outcomes: readonly Outcome[] }
  /** The load is over and its last invocation has ended. */
  | { readonly kind: "over" };
