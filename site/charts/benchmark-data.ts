import type { ContenderResult, GroupResult } from "../../bench/results/summarise.js";
import measured from "../../docs/benchmarks/contenders.json";

// JSON leaves out what is undefined.
export const GROUPS: readonly GroupResult[] = measured.groups as unknown as readonly GroupResult[];

/** @throws if the group has no such contender */
export function contenderOf(group: GroupResult, name: string): ContenderResult {
  const found = group.contenders.find((contender) => contender.name === name);
  if (!found) throw new Error(`docs/benchmarks/contenders.json: ${group.name} has no "${name}"`);
  return found;
}
