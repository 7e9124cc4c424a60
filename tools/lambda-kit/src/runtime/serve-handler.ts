import { describeError } from "./describe-error.js";
import { describeInStack } from "./described-stack.js";
import { lambdaContext } from "./lambda-context.js";
import type { DescribedError, Invocation, Reply } from "./messages.js";

export type Handler = (event: never, context: never) => Promise<unknown>;

/**
 * Serves a handler: by messages of the parent process, or as the function's module of a runtime client, which names it in
 * `_HANDLER` and calls the handler that this returns.
 */
export function serveHandler(
  handler: Handler,
  describe: (error: unknown) => DescribedError = describeError,
): Handler {
  if (process.env["_HANDLER"] !== undefined) return describingHandler(handler, describe);
  serveInvocations(handler, describe);
  return handler;
}

/** Keeps the properties of the handler, by which a client knows that it streams its response. */
function describingHandler(handler: Handler, describe: (error: unknown) => DescribedError): Handler {
  return new Proxy(handler, {
    async apply(target, self, values) {
      try {
        return await Reflect.apply(target, self, values);
      } catch (error) {
        describeInStack(error, describe);
        throw error;
      }
    },
  });
}

/**
 * Runs the handler once per message of the parent process, one after the other, as Lambda's runtime does. Node's IPC channel
 * takes the place of Lambda's HTTP interface.
 */
function serveInvocations(handler: Handler, describe: (error: unknown) => DescribedError): void {
  const run: (event: unknown, context: unknown) => Promise<unknown> = (event, context) =>
    Reflect.apply(handler, undefined, [event, context]);
  let previous: Promise<void> = Promise.resolve();
  // Without its parent a process would run on.
  process.on("disconnect", () => process.exit());
  process.on("message", ({ id, event, timeoutMs, tenantId }: Invocation) => {
    previous = previous.then(async () => {
      const context = lambdaContext(timeoutMs);
      if (tenantId !== undefined) context.tenantId = tenantId;
      const answer = await run(event, context).then(
        (result): Reply => ({ kind: "result", id, result }),
        (error: unknown): Reply => ({ kind: "error", id, error: describe(error) }),
      );
      // AWS's client reports one turn of the event loop after the handler has ended.
      await new Promise((resolve) => setImmediate(resolve));
      reply(answer);
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
