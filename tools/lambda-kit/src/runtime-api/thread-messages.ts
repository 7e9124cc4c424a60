import type { DescribedError } from "../runtime/messages.js";

/** From a thread that serves the Runtime API. To it come `ServedInvocation`s. */
export type ThreadReply =
  | { readonly kind: "started"; readonly address: string }
  /** A client asks for an invocation. */
  | { readonly kind: "next" }
  /** An invocation is over. `error`: what the client reported; undefined for a result. */
  | {
      readonly kind: "over";
      readonly requestId: string | undefined;
      readonly error: DescribedError | undefined;
    };
