import { Session } from "node:inspector/promises";

/** Counts the blocks of the local proxy's code that run for the first time. */
export interface Coverage {
  /** The number of blocks that have run since the last call and never before. */
  takeNew(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts Node's own block coverage; code that was compiled before is covered coarsely. */
export async function startCoverage(): Promise<Coverage> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const seen = new Set<string>();
  return {
    async takeNew() {
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const before = seen.size;
      for (const { url, functions } of result) {
        if (!url.includes("/local-proxy/src/")) continue;
        for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
          if (count > 0) seen.add(`${url}:${startOffset}-${endOffset}`);
        }
      }
      return seen.size - before;
    },
    async stop() {
      await session.post("Profiler.stopPreciseCoverage");
      session.disconnect();
    },
  };
}
