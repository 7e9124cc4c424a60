// The process in which the costs of a bundled handler are counted. Prints them as one line of JSON, and ends at once.
import { createHook } from "node:async_hooks";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import timers from "node:timers";
import { pathToFileURL } from "node:url";
import type { Handler } from "../handlers/handler.js";

const [, , work = "", file = ""] = process.argv;

/** Until caches are filled, and everything is loaded that a warm invocation uses. */
const UNCOUNTED = 300;
const COUNTED = 1000;
/** Enough that a profile shows each part. */
const PROFILED = 20_000;

/** More than an invocation takes when every instruction is counted. */
const REMAINING_MS = 600_000;

/**
 * When every instruction is counted, a login takes longer than the drivers' time limits. Their timers are created, and do not
 * fire.
 */
function stopTimers(): void {
  const { setTimeout: startTimer } = timers;
  const startLongTimer = (callback: () => void): NodeJS.Timeout => startTimer(callback, REMAINING_MS);
  Object.assign(globalThis, { setTimeout: startLongTimer });
  Object.assign(timers, { setTimeout: startLongTimer });
}

async function load(): Promise<Handler> {
  const { handler }: { handler: Handler } = file.endsWith(".cjs")
    ? createRequire(import.meta.url)(file)
    : await import(pathToFileURL(file).href);
  return handler;
}

async function invoke(handler: Handler, awsRequestId: string): Promise<void> {
  const row = await handler({}, { awsRequestId, getRemainingTimeInMillis: () => REMAINING_MS });
  if (row?.one !== 1) throw new Error("the handler answered something else than the database's row");
}

const channel = new MessageChannel();
let invocations = 0;

async function invokeOften(handler: Handler, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await invoke(handler, `${invocations++}`);
    // Lambda's runtime gets an invocation from a socket, so it begins while the event loop delivers what came in.
    const arrived = new Promise((resolve) => channel.port2.once("message", resolve));
    channel.port1.postMessage("the next invocation");
    await arrived;
  }
}

/** Bytes of the heap that an invocation allocates. The process has room for all, so nothing is collected in between. */
async function countBytes(handler: Handler): Promise<object> {
  await invokeOften(handler, UNCOUNTED);
  const before = process.memoryUsage().heapUsed;
  await invokeOften(handler, COUNTED);
  return { bytes: (process.memoryUsage().heapUsed - before) / COUNTED };
}

/** What Node.js creates for an invocation, by the names of `async_hooks`, and the turns of the event loop. */
async function countResources(handler: Handler): Promise<object> {
  await invokeOften(handler, UNCOUNTED);
  const counts: Record<string, number> = {};
  const hook = createHook({
    init(_id, type) {
      counts[type] = (counts[type] ?? 0) + 1;
    },
  }).enable();
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount;
  await invokeOften(handler, COUNTED);
  hook.disable();
  const total = { ...counts, turns: performance.nodeTiming.uvMetricsInfo.loopCount - turns };
  return Object.fromEntries(Object.entries(total).map(([name, count]) => [name, count / COUNTED]));
}

async function count(): Promise<object> {
  // Callgrind's processes have no profiler.
  if ((work === "load" || work === "first invocation") && !process.execArgv.includes("--cpu-prof"))
    stopTimers();
  const handler = await load();
  switch (work) {
    case "load":
      return {};
    case "first invocation":
      await invoke(handler, "first");
      return {};
    case "many invocations":
      await invokeOften(handler, PROFILED);
      return { invocations: PROFILED };
    case "bytes":
      return await countBytes(handler);
    case "resources":
      return await countResources(handler);
    default:
      throw new Error(`unknown work: ${work}`);
  }
}

process.stdout.write(`${JSON.stringify(await count())}\n`, () => process.exit(0));
