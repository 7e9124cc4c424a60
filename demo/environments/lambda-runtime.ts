// The process of one execution environment: loads a bundled handler, as Lambda's own runtime does, and runs it once
// per message. The demo speaks to it over Node's IPC channel where Lambda has an HTTP interface.
import { pathToFileURL } from "node:url";
import { shiftClock } from "../../test/support/shifted-clock.js";
import { lambdaContext } from "./lambda-context.js";
import { isInvocation, isReply, type Reply } from "./messages.js";

const [, , handlerFile = ""] = process.argv;
// Before the handler's module is loaded, which may keep a reference to Date.now.
let clockOffsetMs = 0;
shiftClock(() => clockOffsetMs);
const { handler }: { handler: unknown } = await import(pathToFileURL(handlerFile).href);
if (typeof handler !== "function") throw new Error(`${handlerFile} exports no function named handler`);

// Should the demo be killed, its environments do not stay behind.
process.on("disconnect", () => process.exit());
process.on("message", async (message: unknown) => {
  if (!isInvocation(message)) throw new Error("the demo sent something that is not an invocation");
  clockOffsetMs = message.clockOffsetMs;
  try {
    const answered = {
      kind: "answered",
      answer: await handler(message.task, lambdaContext(message.timeoutMs)),
    };
    if (!isReply(answered)) throw new Error("the handler answered something else than it should");
    reply(answered);
  } catch (error) {
    reply({ kind: "failed", reason: describeError(error) });
  }
});
reply({ kind: "ready" });

function reply(message: Reply): void {
  process.send?.(message);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && error.code !== undefined ? `${error.code} ${error.message}` : error.message;
}
