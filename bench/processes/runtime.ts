// The process of one execution environment: loads a bundled handler, as Lambda's own runtime does, and runs it when it
// is told to, over Node's IPC channel where Lambda has an HTTP interface.
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lambdaContext } from "../../test/support/lambda-context.js";
import type { Handler } from "../handlers/handler.js";
import { mark, marks, watchSockets } from "./marks.js";
import type { Memory, Reply, Request } from "./messages.js";

const [, , handlerFile = "", isProbed] = process.argv;
if (isProbed) watchSockets();
mark("booted");
const { handler }: { handler: Handler } = await import(pathToFileURL(handlerFile).href);
mark("loaded");

const channel = new MessageChannel();
// Should the benchmark be killed, its environments do not stay behind.
process.on("disconnect", () => process.exit());
process.on("message", (request: Request) => {
  answer(request).then(reply, (error: unknown) => reply({ kind: "failed", reason: describeError(error) }));
});
reply({ kind: "ready" });

async function answer(request: Request): Promise<Reply> {
  switch (request.kind) {
    case "invoke":
      await invoke();
      return { kind: "answered", marks };
    case "repeat":
      return { kind: "repeated", durationsMs: await repeat(request.count) };
    case "report-memory":
      return { kind: "memory", memory: memory() };
    default:
      return request satisfies never;
  }
}

async function invoke(): Promise<number> {
  const context = lambdaContext();
  const startedAt = performance.now();
  const row = await handler({}, context);
  const durationMs = performance.now() - startedAt;
  if (row?.one !== 1) throw new Error("the handler answered something else than the database's row");
  return durationMs;
}

async function repeat(count: number): Promise<readonly number[]> {
  const durationsMs: number[] = [];
  for (let index = 0; index < count; index++) {
    durationsMs.push(await invoke());
    await nextEvent();
  }
  return durationsMs;
}

/** Lambda's runtime gets an invocation from a socket, so it begins while the event loop hands out what came in. */
function nextEvent(): Promise<unknown> {
  const arrived = new Promise((resolve) => channel.port2.once("message", resolve));
  channel.port1.postMessage("the next invocation");
  return arrived;
}

function memory(): Memory {
  setFlagsFromString("--expose-gc");
  const collectGarbage: unknown = runInNewContext("gc");
  if (typeof collectGarbage === "function") collectGarbage();
  return { residentBytes: process.memoryUsage.rss(), heapBytes: process.memoryUsage().heapUsed };
}

function reply(message: Reply): void {
  process.send?.(message);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && error.code !== undefined ? `${error.code} ${error.message}` : error.message;
}
