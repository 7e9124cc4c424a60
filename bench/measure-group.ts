import { type ColdStartParts, coldStart, coldStartParts } from "./measures/cold-start.js";
import { type MemoryUse, memoryUse } from "./measures/memory.js";
import { type Thaw, thaw } from "./measures/thaw.js";
import { type WarmTimes, warmBlock, warmTimes } from "./measures/warm-invocations.js";
import type { BenchOptions } from "./options.js";
import type { Environment } from "./processes/environment.js";
import type { Side } from "./side.js";

/** What was measured of one contender, one value a round; undefined where the contender failed. */
export interface Measurements {
  readonly side: Side;
  readonly coldMs: (number | undefined)[];
  readonly parts: (ColdStartParts | undefined)[];
  readonly warm: (WarmTimes | undefined)[];
  readonly thaw: (Thaw | undefined)[];
  readonly memory: (MemoryUse | undefined)[];
  /** What went wrong, each message once. */
  readonly errors: Set<string>;
}

/** Measures the contenders of a group side by side: in each round each of them once, in another order. */
export async function measureGroup(
  sides: readonly Side[],
  options: BenchOptions,
  onRound: (round: number) => void,
): Promise<readonly Measurements[]> {
  const all = sides.map(noMeasurements);
  const environments = new Map<Measurements, Environment | undefined>();
  for (const each of all) {
    environments.set(
      each,
      await attempt(each, async () => {
        // Not counted: the first to read a file reads it from the disk.
        await coldStart(each.side);
        const environment = await each.side.startEnvironment(await each.side.variables());
        await environment.invoke();
        return environment;
      }),
    );
  }
  for (let round = 0; round < options.rounds; round++) {
    onRound(round);
    const inTurn = all
      .map((_, index) => all[(index + round) % all.length])
      .filter((each) => each !== undefined);
    for (const each of inTurn) each.coldMs.push(await attempt(each, () => coldStart(each.side)));
    for (const each of inTurn) each.parts.push(await attempt(each, () => coldStartParts(each.side)));
    await measureWarm(inTurn, environments, options);
  }
  for (const environment of environments.values()) await environment?.stop();
  for (let round = 0; round < options.rounds; round++) {
    for (const each of all) each.thaw.push(await attempt(each, () => thaw(each.side)));
  }
  for (let round = 0; round < options.memoryRounds; round++) {
    for (const each of all) {
      each.memory.push(await attempt(each, () => memoryUse(each.side, options.memoryInvocations)));
    }
  }
  return all;
}

/** How many parts a warm block is cut into, so that the contenders take turns while the machine is in the same mood. */
const warmTurns = 10;

async function measureWarm(
  inTurn: readonly Measurements[],
  environments: ReadonlyMap<Measurements, Environment | undefined>,
  { warmInvocations }: BenchOptions,
): Promise<void> {
  const durations = new Map<Measurements, number[]>();
  for (let turn = 0; turn < warmTurns; turn++) {
    for (const each of inTurn) {
      const environment = environments.get(each);
      const block =
        environment && (await attempt(each, () => warmBlock(environment, warmInvocations / warmTurns)));
      if (block) durations.set(each, [...(durations.get(each) ?? []), ...block]);
    }
  }
  for (const each of inTurn) {
    const known = durations.get(each);
    each.warm.push(known && warmTimes(known));
  }
}

function noMeasurements(side: Side): Measurements {
  return { side, coldMs: [], parts: [], warm: [], thaw: [], memory: [], errors: new Set() };
}

/** A contender that fails is a result, and no reason to stop. */
async function attempt<T>({ errors }: Measurements, measure: () => Promise<T>): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    errors.add(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
