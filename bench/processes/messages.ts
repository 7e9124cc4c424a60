/** From the benchmark to an environment. */
export type Request =
  | { readonly kind: "invoke" }
  /** One invocation after the other, as fast as they go. */
  | { readonly kind: "repeat"; readonly count: number }
  | { readonly kind: "report-memory" };

/** From an environment to the benchmark. */
export type Reply =
  /** The handler's module was loaded: the end of the init phase. */
  | { readonly kind: "ready" }
  | { readonly kind: "answered"; readonly marks: readonly Mark[] }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "repeated"; readonly durationsMs: readonly number[] }
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
