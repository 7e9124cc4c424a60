import { describeError } from "./describe-error.js";
import { lambdaContext } from "./lambda-context.js";
import type { DescribedError, Invocation, Reply } from "./messages.js";

export type Handler = (event: never, context: never) => Promise<unknown>;

/**
 * Runs the handler once per message of the parent process, one after the other, as Lambda's runtime does. Node's IPC channel
 * takes the place of Lambda's HTTP interface.
 */
export function serveInvocations(
  handler: Handler,
  describe: (error: unknown) => DescribedError = describeError,
): void {
  const run: (event: unknown, context: unknown) => Promise<unknown> = (event, context) =>
    Reflect.apply(handler, undefined, [event, context]);
  let previous: Promise<void> = Promise.resolve();
  // Without its parent a process would run on.
  process.on("disconnect", () => process.exit());
  process.on("message", ({ id, event, timeoutMs }: Invocation) => {
    previous = previous.then(async () => {
      reply(
        await run(event, lambdaContext(timeoutMs)).then(
          (result): Reply => ({ kind: "result", id, result }),
          (error: unknown): Reply => ({ kind: "error", id, error: describe(error) }),
        ),
      );
    });
  });
  // Between invocations only the channel keeps the process alive, and nothing of the handler's.
  reply({ kind: "ready" });
}

/** Stops this process with SIGSTOP once everything that was sent has left it. Resolves after the thaw. */
export function freezeHere(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      reply({ kind: "frozen" });
      process.kill(process.pid, "SIGSTOP");
      resolve();
    });
  });
}

function reply(message: Reply): void {
  process.send?.(message);
}
