// The process of one execution environment: loads a bundled handler, as Lambda's own runtime does, and measures it.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { lambdaContext, processHoldings, serveHandler } from "@rds-proxy/lambda-kit/runtime";
import type { Handler } from "../handlers/handler.js";
import { mark, marks, watchSockets } from "./marks.js";
import type { Measured, Task } from "./task.js";

const [, , handlerFile = "", isProbed] = process.argv;
if (isProbed) watchSockets();
mark("booted");
const { handler }: { handler: Handler } = handlerFile.endsWith(".cjs")
  ? createRequire(import.meta.url)(handlerFile)
  : await import(pathToFileURL(handlerFile).href);
mark("loaded");

const channel = new MessageChannel();
serveHandler(measure);

async function measure(task: Task): Promise<Measured> {
  switch (task.kind) {
    case "invoke":
      await invoke();
      return { kind: "marks", marks };
    case "repeat":
      return { kind: "durations", durationsMs: await repeat(task.count) };
    case "measure memory":
      return { kind: "memory", memory: processHoldings() };
    default:
      return task satisfies never;
  }
}

/** Runs the handler once and resolves with the duration in milliseconds. */
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

/** Lambda's runtime gets an invocation from a socket, so it begins while the event loop delivers what came in. */
function nextEvent(): Promise<unknown> {
  const arrived = new Promise((resolve) => channel.port2.once("message", resolve));
  channel.port1.postMessage("the next invocation");
  return arrived;
}
