import type { EventEmitter } from "node:events";

/** Resolves at the first of some events, and leaves no listener behind. */
export function firstEvent(
  ...sources: readonly (readonly [Pick<EventEmitter, "on" | "off">, ...string[]])[]
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      for (const [emitter, ...events] of sources) for (const event of events) emitter.off(event, end);
      resolve();
    };
    for (const [emitter, ...events] of sources) for (const event of events) emitter.on(event, end);
  });
}
