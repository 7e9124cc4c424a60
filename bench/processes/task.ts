/** What the benchmark asks a process to do with its handler: the event of an invocation. */
export type Task =
  | { readonly kind: "invoke" }
  /** One invocation after the other, as fast as they go. */
  | { readonly kind: "repeat"; readonly count: number }
  | { readonly kind: "measure memory" };

/** The result of a task. */
export type Measured =
  | { readonly kind: "marks"; readonly marks: readonly Mark[] }
  | { readonly kind: "durations"; readonly durationsMs: readonly number[] }
  | { readonly kind: "memory"; readonly memory: Memory };

/** A moment of a cold start, in milliseconds since the epoch, from a probe in the environment's own process. */
export interface Mark {
  readonly name: "booted" | "loaded" | "dialled" | "secured" | "heard" | "token sent";
  readonly at: number;
}

export interface Memory {
  readonly residentBytes: number;
  /** After a garbage collection. */
  readonly heapBytes: number;
}
