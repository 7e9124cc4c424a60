import type { Duplex } from "node:stream";
import { builtinModule } from "../loading/builtin-module.js";
import { setImmediate } from "./timers.js";

/** Says whether a stream, while it is open, keeps the process alive. One that is no socket never does. */
export function setRef(stream: Duplex | undefined, isRef: boolean): void {
  if (!(stream instanceof builtinModule("node:net").Socket)) return;
  if (isRef) stream.ref();
  else stream.unref();
}

/**
 * Resolves when the present turn of the event loop ends, or the next one where it is called between two: what Node has
 * read from its sockets in that turn has been handed out then.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
