/** To an execution environment: run the handler once. */
export interface Invocation {
  /** Counts up from 1. */
  readonly id: number;
  readonly event: unknown;
  /** The function's timeout: `getRemainingTimeInMillis()` counts down from here. */
  readonly timeoutMs: number;
  /** The context's `tenantId`. */
  readonly tenantId?: string | undefined;
}

/** From an execution environment. */
export type Reply =
  /** The handler's module was loaded: the end of the init phase. */
  | { readonly kind: "ready" }
  /** Nothing is left to do until the next invocation. */
  | { readonly kind: "idle" }
  /** The process is ready for a snapshot, and waits for its restore. */
  | { readonly kind: "captured" }
  /** The process is about to stop itself. */
  | { readonly kind: "frozen" }
  | { readonly kind: "result"; readonly id: number; readonly result: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: DescribedError };

/** An error, as far as it passes between processes. */
export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  /** How many statements the handler had sent, if it has noted that on the error. */
  readonly sent?: number | undefined;
  /** Everything that can be seen of it, where the runtime collects that. */
  readonly revealed?: string | undefined;
}
