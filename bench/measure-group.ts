import { type ColdStartParts, coldStart, coldStartParts } from "./measures/cold-start.js";
import { type MemoryUse, memoryUse } from "./measures/memory.js";
import { type Thaw, thaw } from "./measures/thaw.js";
import { type WarmTimes, warmBlock, warmTimes } from "./measures/warm-invocations.js";
import type { BenchOptions } from "./options.js";
import type { MeasuredEnvironment } from "./processes/measured-environment.js";
import type { Side } from "./side.js";

/** The measurements of one contender, one value per round; undefined if the contender failed. */
export interface Measurements {
  readonly side: Side;
  readonly coldMs: (number | undefined)[];
  readonly parts: (ColdStartParts | undefined)[];
  readonly warm: (WarmTimes | undefined)[];
  readonly warmAtDistance: (WarmTimes | undefined)[];
  readonly thaw: (Thaw | undefined)[];
  readonly memory: (MemoryUse | undefined)[];
  /** Error messages, each once. */
  readonly errors: Set<string>;
}

/** Measures the contenders of a group side by side: each once per round, in a rotating order. */
export async function measureGroup(
  sides: readonly Side[],
  options: BenchOptions,
  isColdOnly: boolean,
  onRound: (round: number) => void,
): Promise<readonly Measurements[]> {
  const all = sides.map(noMeasurements);
  // Not counted: the first read of a file is from the disk.
  for (const each of all) await attempt(each, () => coldStart(each.side));
  const environments = isColdOnly
    ? new Map<Measurements, MeasuredEnvironment>()
    : await startEnvironments(all, { isDistant: false });
  const distantEnvironments = isColdOnly
    ? new Map<Measurements, MeasuredEnvironment>()
    : await startEnvironments(all, { isDistant: true });
  for (let round = 0; round < options.rounds; round++) {
    onRound(round);
    const inTurn = all
      .map((_, index) => all[(index + round) % all.length])
      .filter((each) => each !== undefined);
    for (const each of inTurn) each.coldMs.push(await attempt(each, () => coldStart(each.side)));
    for (const each of inTurn) each.parts.push(await attempt(each, () => coldStartParts(each.side)));
    if (isColdOnly) continue;
    const { warmInvocations, distantInvocations } = options;
    const near = await measureWarm(inTurn, environments, warmInvocations);
    for (const each of inTurn) each.warm.push(near.get(each));
    const far = await measureWarm(inTurn, distantEnvironments, distantInvocations);
    for (const each of inTurn) each.warmAtDistance.push(far.get(each));
  }
  for (const environment of [...environments.values(), ...distantEnvironments.values()]) {
    await environment.stop();
  }
  if (isColdOnly) return all;
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

type Environments = ReadonlyMap<Measurements, MeasuredEnvironment>;

/** Starts a warm environment for every contender that can be started. */
async function startEnvironments(
  all: readonly Measurements[],
  options: { isDistant: boolean },
): Promise<Environments> {
  const environments = new Map<Measurements, MeasuredEnvironment>();
  for (const each of all) {
    await attempt(each, async () => {
      const environment = await each.side.startEnvironment(await each.side.variables(options));
      await environment.invoke();
      environments.set(each, environment);
    });
  }
  return environments;
}

/** The parts of a warm block. Contenders alternate after each, so that a slow phase of the machine affects all. */
const warmTurns = 10;

async function measureWarm(
  inTurn: readonly Measurements[],
  environments: Environments,
  invocations: number,
): Promise<ReadonlyMap<Measurements, WarmTimes>> {
  const durations = new Map<Measurements, number[]>();
  for (let turn = 0; turn < warmTurns; turn++) {
    for (const each of inTurn) {
      const environment = environments.get(each);
      const block =
        environment && (await attempt(each, () => warmBlock(environment, invocations / warmTurns)));
      if (block) durations.set(each, [...(durations.get(each) ?? []), ...block]);
    }
  }
  return new Map([...durations].map(([each, known]) => [each, warmTimes(known)]));
}

function noMeasurements(side: Side): Measurements {
  return {
    side,
    coldMs: [],
    parts: [],
    warm: [],
    warmAtDistance: [],
    thaw: [],
    memory: [],
    errors: new Set(),
  };
}

/** A contender's failure is a result and does not end the benchmark. */
async function attempt<T>({ errors }: Measurements, measure: () => Promise<T>): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    errors.add(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
