import type { Coverage } from "./coverage.js";
import { mutate } from "./mutate.js";
import type { Random } from "./random.js";
import type { Target } from "./targets.js";

/** What a run found. */
export interface Found {
  readonly runs: number;
  /** Blocks of code that the inputs reached, those of the seeds included. */
  readonly blocks: number;
  /** The seeds, and every input that reached a new block. */
  readonly corpus: readonly Buffer[];
}

/** An input that broke a target. */
export class Crash extends Error {
  override readonly name = "Crash";

  constructor(target: string, input: Buffer, cause: unknown) {
    super(`${target} broke at the input ${input.toString("hex")} (hex): ${String(cause)}`, { cause });
  }
}

/** Feeds a target with mutations of the inputs that reached new code while `goesOn()` is true; throws the first {@link Crash}. */
export async function fuzz(
  target: Target,
  coverage: Coverage,
  random: Random,
  goesOn: (runs: number) => boolean,
): Promise<Found> {
  const corpus = [...target.seeds];
  let blocks = 0;
  let runs = 0;
  for (const seed of target.seeds) await run(target, seed);
  blocks += await coverage.takeNew();
  while (goesOn(runs)) {
    const input = mutate(corpus, random);
    await run(target, input);
    runs += 1;
    const reached = await coverage.takeNew();
    blocks += reached;
    if (reached > 0) corpus.push(input);
  }
  return { runs, blocks, corpus };
}

async function run({ name, feed }: Target, input: Buffer): Promise<void> {
  try {
    await feed(input);
  } catch (error) {
    throw new Crash(name, input, error);
  }
}
