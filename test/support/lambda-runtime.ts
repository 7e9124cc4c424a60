import { lambdaContext } from "./lambda-context.js";

/** What the parent process sends for one invocation. */
export interface InvokeMessage {
  readonly id: number;
  readonly event: unknown;
  readonly remainingMs: number;
}

/** What it gets back. */
export type ResultMessage =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { readonly name: string; readonly message: string; readonly code: unknown };
    };

type Handler = (event: never, context: never) => Promise<unknown>;

/** Runs invocations one after the other, as Lambda's runtime does in an execution environment. */
export function serveInvocations(handler: Handler): void {
  const run: (event: unknown, context: unknown) => Promise<unknown> = (event, context) =>
    Reflect.apply(handler, undefined, [event, context]);
  process.on("message", async ({ id, event, remainingMs }: InvokeMessage) => {
    const answer = await run(event, lambdaContext(remainingMs)).then(
      (result): ResultMessage => ({ id, result }),
      (error: unknown): ResultMessage => ({ id, error: describe(error) }),
    );
    process.send?.(answer);
  });
  // While Lambda waits for an invocation, nothing of the handler's keeps the process alive; the channel does.
  process.send?.({ isReady: true });
}

function describe(error: unknown): { name: string; message: string; code: unknown } {
  if (!(error instanceof Error)) return { name: "NotAnError", message: String(error), code: undefined };
  return { name: error.name, message: error.message, code: "code" in error ? error.code : undefined };
}
