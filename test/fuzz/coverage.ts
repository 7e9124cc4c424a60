import { type Profiler, Session } from "node:inspector/promises";

/** What has run since the last look. */
export interface Run {
  readonly scripts: readonly Profiler.ScriptCoverage[];
  /** How often blocks ran, in all. */
  readonly steps: number;
}

/** Node's own coverage of blocks. */
export interface Coverage {
  /** What has run since the last call in files whose path contains one of `parts`. */
  take(parts: readonly string[]): Promise<Run>;
  stop(): Promise<void>;
}

/** Starts the coverage; code that was compiled before is covered coarsely. */
export async function startCoverage(): Promise<Coverage> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  return {
    async take(parts) {
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const scripts = result.filter(({ url }) => parts.some((part) => url.includes(part)));
      const ranges = scripts.flatMap(({ functions }) => functions.flatMap((each) => each.ranges));
      return { scripts, steps: ranges.reduce((sum, { count }) => sum + count, 0) };
    },
    async stop() {
      await session.post("Profiler.stopPreciseCoverage");
      session.disconnect();
    },
  };
}

/** The characters of code that runs have covered. */
export class Covered {
  readonly #scripts = new Map<string, Uint8Array>();

  /** Adds a run, and returns how many characters no run before has covered. */
  add(run: Run): number {
    return this.#compare(run, true);
  }

  /** How many characters of a run are new. */
  newIn(run: Run): number {
    return this.#compare(run, false);
  }

  #compare({ scripts }: Run, isAdded: boolean): number {
    let added = 0;
    for (const script of scripts) {
      const now = paint(script);
      const seen = this.#grown(script.url, now.length);
      for (const [index, isCovered] of now.entries()) {
        if (isCovered === 0 || seen[index] === 1) continue;
        added++;
        if (isAdded) seen[index] = 1;
      }
    }
    return added;
  }

  #grown(url: string, length: number): Uint8Array {
    const before = this.#scripts.get(url) ?? new Uint8Array(0);
    if (before.length >= length) return before;
    const grown = new Uint8Array(length);
    grown.set(before);
    this.#scripts.set(url, grown);
    return grown;
  }
}

/** 1 for each character that ran. Functions and blocks come after those that contain them. */
function paint({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const ranges = functions.flatMap((each) => each.ranges);
  const length = ranges.reduce((longest, { endOffset }) => Math.max(longest, endOffset), 0);
  const painted = new Uint8Array(length);
  for (const { startOffset, endOffset, count } of ranges)
    painted.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return painted;
}
