import { findRdsProxyError } from "@rds-proxy/core";
import { lambdaContext } from "./lambda-context.js";
import { reveal } from "./revelations.js";

/** What the parent process sends for one invocation. */
export interface InvokeMessage {
  readonly id: number;
  readonly event: unknown;
  readonly remainingMs: number;
}

/** An error, as far as it passes between processes. */
export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  /** All that can be seen of it, if the process was told to show it. */
  readonly revealed?: string | undefined;
}

/** What it gets back. */
export type ReplyMessage =
  | { readonly kind: "ready" }
  /** The process is about to stop itself. */
  | { readonly kind: "frozen" }
  | { readonly kind: "result"; readonly id: number; readonly result: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: DescribedError };

type Handler = (event: never, context: never) => Promise<unknown>;

/** Runs invocations one after the other, as Lambda's runtime does in an execution environment. */
export function serveInvocations(handler: Handler): void {
  const run: (event: unknown, context: unknown) => Promise<unknown> = (event, context) =>
    Reflect.apply(handler, undefined, [event, context]);
  let previous: Promise<void> = Promise.resolve();
  process.on("message", ({ id, event, remainingMs }: InvokeMessage) => {
    previous = previous.then(async () => {
      reply(
        await run(event, lambdaContext(remainingMs)).then(
          (result): ReplyMessage => ({ kind: "result", id, result }),
          (error: unknown): ReplyMessage => ({ kind: "error", id, error: describe(error) }),
        ),
      );
    });
  });
  // While Lambda waits for an invocation, nothing of the handler's keeps the process alive; the channel does.
  reply({ kind: "ready" });
}

/** Stops this process by the kernel, when everything that was sent has left it. Resolves when it was thawed. */
export function freezeHere(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      reply({ kind: "frozen" });
      process.kill(process.pid, "SIGSTOP");
      resolve();
    });
  });
}

function reply(message: ReplyMessage): void {
  process.send?.(message);
}

function describe(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { name: "NotAnError", message: String(error) };
  const { name, message } = error;
  // Sequelize's errors carry ours where a connect failed, and the driver's.
  const original = Object(findRdsProxyError(error) ?? Reflect.get(error, "original") ?? error);
  const code: unknown = Reflect.get(original, "code");
  const errno: unknown = Reflect.get(original, "errno");
  return {
    name,
    message,
    code: typeof code === "string" ? code : undefined,
    errno: typeof errno === "number" ? errno : undefined,
    revealed: process.env["TEST_REVEAL"] ? reveal(error) : undefined,
  };
}
