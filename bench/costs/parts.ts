import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** What is read of a `.cpuprofile` of V8. Deltas are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly url: string; readonly lineNumber: number; readonly columnNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Microseconds in which functions of our packages ran themselves: by folder in core, and by package elsewhere. */
export function partsOf({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, number> {
  const maps = new Map<string, SourceMap | undefined>();
  const parts = new Map<number, string>();
  for (const { id, callFrame } of nodes) {
    if (!callFrame.url.startsWith("file:")) continue;
    const path = fileURLToPath(callFrame.url);
    if (!maps.has(path)) maps.set(path, mapOf(path));
    const found = maps.get(path)?.findEntry(callFrame.lineNumber, callFrame.columnNumber);
    const part = found && "originalSource" in found ? partOf(found.originalSource) : undefined;
    if (part !== undefined) parts.set(id, part);
  }
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const part = parts.get(id);
    if (part !== undefined) times.set(part, (times.get(part) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return times;
}

/** The program around the bundle has no source map. */
function mapOf(path: string): SourceMap | undefined {
  return existsSync(`${path}.map`)
    ? new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8")))
    : undefined;
}

/** The part that a source file belongs to; undefined for others' code. */
export function partOf(source: string): string | undefined {
  const [, name, folder] = /\/packages\/([^/]+)\/src\/(?:([^/]+)\/)?/.exec(source) ?? [];
  if (name === undefined) return undefined;
  return name === "core" && folder !== undefined ? `core/${folder}` : name;
}

/** The share of each part in several profiles together, the largest first. */
export function mergeParts(
  profiles: readonly ReadonlyMap<string, number>[],
): readonly (readonly [string, number])[] {
  const times = new Map<string, number>();
  for (const [part, time] of profiles.flatMap((profile) => [...profile])) {
    times.set(part, (times.get(part) ?? 0) + time);
  }
  const total = sum(times.values());
  return [...times]
    .map(([part, time]) => [part, time / total] as const)
    .sort(([, one], [, two]) => two - one);
}

export function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}
