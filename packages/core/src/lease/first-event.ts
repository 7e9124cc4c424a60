import type { EventEmitter } from "node:events";

/** Resolves at the first of these events, and removes its listeners. */
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
