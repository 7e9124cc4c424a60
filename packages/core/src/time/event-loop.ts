import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate } from "./timers.js";

/** Sets whether an open socket keeps the process alive. Does nothing to other streams. */
export function setRef(
  stream: (Duplex & Partial<Pick<Socket, "ref" | "unref">>) | undefined,
  isRef: boolean,
): void {
  // Not by its class: asking Node for `node:net` at each hand-out costs a microsecond.
  if (isRef) stream?.ref?.();
  else stream?.unref?.();
}

/** Whether the event loop is still in the turn in which something happened last. */
export class LatestTurn {
  #isCurrent = false;
  readonly #end = (): void => {
    this.#isCurrent = false;
  };

  /** Call it when it happens. */
  note(): void {
    if (this.#isCurrent) return;
    this.#isCurrent = true;
    // Without a promise, since it is noted for each answer of a server.
    setImmediate(this.#end);
  }

  get isCurrent(): boolean {
    return this.#isCurrent;
  }
}

/**
 * Resolves at the end of the current turn of the event loop, or of the next one if called between two turns. By then the data
 * that Node read from its sockets in that turn has been processed.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
