import type { ScriptedMiddleware } from "./handlers/scripted-handler.js";

/** Takes a connection of a pool for each invocation, and releases it afterwards as it is. */
export function fromPool<Db extends { release(): void }>(take: () => Promise<Db>): ScriptedMiddleware<Db> {
  let taken: Db | undefined;
  const release = (): void => {
    taken?.release();
    taken = undefined;
  };
  return {
    before: async ({ context }) => {
      // After an early answer no other hook was called.
      release();
      taken = await take();
      context.db = taken;
    },
    after: release,
    onError: release,
  };
}
