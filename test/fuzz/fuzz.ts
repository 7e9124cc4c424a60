import { type Coverage, Covered } from "./coverage.js";
import { Crash } from "./crash.js";
import { mutate } from "./mutate.js";
import type { Random } from "./random.js";
import type { Target } from "./target.js";

/** What a run found. */
export interface Found {
  readonly runs: number;
  /** The inputs that it started from, and every input that reached new code. */
  readonly inputs: readonly Buffer[];
}

/** Inputs between two looks at the coverage, which take much longer than an input. */
const BATCH = 128;

/**
 * Feeds a target with mutations of the inputs that reached new code while `goesOn()` is true.
 *
 * @throws Crash for the first input that breaks the target, as short as it could be made
 */
export async function fuzz(
  target: Target,
  coverage: Coverage,
  random: Random,
  start: readonly Buffer[],
  goesOn: (runs: number) => boolean,
): Promise<Found> {
  const covered = new Covered();
  const inputs = [...start];
  let runs = 0;
  for (const input of start) await run(target, input);
  covered.add(await coverage.take(target.covers));
  /** Keeps the inputs that reach new code, which it finds by halving. */
  const keepNew = async (batch: readonly Buffer[]): Promise<void> => {
    for (const input of batch) await run(target, input);
    const ran = await coverage.take(target.covers);
    if (covered.newIn(ran) === 0) return;
    if (batch.length === 1) {
      covered.add(ran);
      inputs.push(...batch);
      return;
    }
    await keepNew(batch.slice(0, batch.length >> 1));
    await keepNew(batch.slice(batch.length >> 1));
  };
  while (goesOn(runs)) {
    const batch = Array.from({ length: BATCH }, () => mutate(inputs, random));
    await keepNew(batch);
    runs += batch.length;
  }
  return { runs, inputs };
}

/** The inputs that are needed to reach all code that `inputs` reach, short ones first. */
export async function withoutRedundant(
  target: Target,
  coverage: Coverage,
  inputs: readonly Buffer[],
): Promise<Buffer[]> {
  const covered = new Covered();
  const needed: Buffer[] = [];
  await coverage.take(target.covers);
  for (const input of inputs.toSorted((one, other) => one.length - other.length || one.compare(other))) {
    await run(target, input);
    if (covered.add(await coverage.take(target.covers)) > 0) needed.push(input);
  }
  return needed;
}

/** @throws Crash */
export async function run(target: Target, input: Buffer): Promise<void> {
  const cause = await failureOf(target, input);
  if (cause === undefined) return;
  const short = await shorten(input, async (shorter) => (await failureOf(target, shorter)) !== undefined);
  throw new Crash(target.name, short, await failureOf(target, short));
}

async function failureOf({ feed }: Target, input: Buffer): Promise<unknown> {
  try {
    await feed(input);
    return undefined;
  } catch (error) {
    return error ?? new Error("it threw nothing");
  }
}

/** Leaves out what is not needed to break the target: halves first, single bytes last. */
async function shorten(input: Buffer, isBroken: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let shortest = input;
  for (let length = input.length >> 1; length > 0; length >>= 1) {
    for (let start = 0; start < shortest.length; ) {
      const shorter = Buffer.concat([shortest.subarray(0, start), shortest.subarray(start + length)]);
      if (await isBroken(shorter)) shortest = shorter;
      else start += length;
    }
  }
  return shortest;
}
