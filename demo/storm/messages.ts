/** To a worker: invoke all environments at once, and go on until the time is over. */
export interface Surge {
  readonly lastsMs: number;
  /** Mean time between the answer to one invocation and the next one. */
  readonly pauseMs: number;
  /** The function's timeout. */
  readonly timeoutMs: number;
  /** How far the environments' wall clock is ahead of this computer's. */
  readonly clockOffsetMs: number;
}

/** How one invocation ended. */
export interface Outcome {
  readonly durationMs: number;
  /** What its caller was told, if it failed. */
  readonly error: string | undefined;
}

/** From a worker. */
export type Report =
  | { readonly kind: "ready" }
  /** The invocations that ended since the last report. */
  | { readonly kind: "outcomes"; readonly outcomes: readonly Outcome[] }
  /** No invocation of the surge is under way any more. */
  | { readonly kind: "over" };
