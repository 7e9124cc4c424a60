import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate } from "./timers.js";

/** Says whether a stream, while it is open, keeps the process alive. One that is no socket never does. */
export function setRef(
  stream: (Duplex & Partial<Pick<Socket, "ref" | "unref">>) | undefined,
  isRef: boolean,
): void {
  // Not by its class: asking Node for `node:net` at each hand-out costs a microsecond.
  if (isRef) stream?.ref?.();
  else stream?.unref?.();
}

/**
 * Resolves when the present turn of the event loop ends, or the next one where it is called between two: what Node has
 * read from its sockets in that turn has been handed out then.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
