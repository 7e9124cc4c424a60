import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process holds after garbage collections. */
export interface ProcessHoldings {
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Open sockets, timers and the like. */
  readonly resources: number;
  /** Listeners on the process and on its open sockets. */
  readonly listeners: number;
}

/** Collects garbage and measures what is left. */
export function processHoldings(): ProcessHoldings {
  collectGarbage();
  return {
    residentBytes: process.memoryUsage.rss(),
    heapBytes: process.memoryUsage().heapUsed,
    resources: process.getActiveResourcesInfo().length,
    listeners:
      listenersOf(process) +
      openHandles()
        .map(listenersOf)
        .reduce((sum, count) => sum + count, 0),
  };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("This Node.js has no gc function.");
  // Twice: finalizers of the first collection release more.
  collect();
  collect();
}

/** Node has no public way to the sockets themselves. */
function openHandles(): readonly unknown[] {
  const handles: unknown = Reflect.apply(Reflect.get(process, "_getActiveHandles"), process, []);
  return Array.isArray(handles) ? handles : [];
}

function listenersOf(emitter: unknown): number {
  if (!hasListeners(emitter)) return 0;
  return emitter
    .eventNames()
    .map((event) => emitter.listenerCount(event))
    .reduce((sum, count) => sum + count, 0);
}

function hasListeners(value: unknown): value is Pick<NodeJS.EventEmitter, "eventNames" | "listenerCount"> {
  return typeof value === "object" && value !== null && "eventNames" in value && "listenerCount" in value;
}
