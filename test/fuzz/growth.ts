import { countScans } from "./count-scans.js";
import type { Coverage } from "./coverage.js";
import { Crash } from "./crash.js";
import type { Random } from "./random.js";
import type { Target } from "./target.js";

/** The lengths of two inputs that are compared, in bytes. */
export interface Lengths {
  readonly short: number;
  readonly long: number;
}

/** Room for what depends on the input beside its length. */
const TOLERANCE = 3;
/** Steps that any input may take. */
const ALLOWANCE = 20_000;

const PARTS_PER_INPUT = 2;

/**
 * Repeats parts of an input until it is long, and checks that the target's steps grow as the length does. Steps are counted, so
 * that the result depends on no clock.
 *
 * @throws Crash for a part that takes more
 */
export async function checkGrowth(
  target: Target,
  input: Buffer,
  coverage: Coverage,
  random: Random,
  lengths: Lengths,
): Promise<void> {
  if (input.length === 0) return;
  await coverage.take(target.covers);
  const parts = Array.from({ length: PARTS_PER_INPUT }, () => {
    const start = random(input.length);
    return [start, Math.min(input.length, start + 1 + random(8))] as const;
  });
  for (const [start, end] of [[0, input.length] as const, ...parts]) {
    const short = repeatPart(input, start, end, lengths.short);
    const long = repeatPart(input, start, end, lengths.long);
    const few = await stepsOf(target, short, coverage);
    const many = await stepsOf(target, long, coverage);
    const most = (TOLERANCE * few * long.length) / short.length + ALLOWANCE;
    if (many > most) {
      const repeated = JSON.stringify(input.toString("latin1", start, end));
      throw new Crash(
        target.name,
        input,
        new Error(
          `${many} steps for ${long.length} bytes and ${few} for ${short.length}, with ${repeated} at ${start} repeated`,
        ),
      );
    }
  }
}

function repeatPart(input: Buffer, start: number, end: number, length: number): Buffer {
  const part = input.subarray(start, end);
  const rest = Math.max(0, length - (input.length - part.length));
  const times = Math.max(1, Math.ceil(rest / part.length));
  const repeated = Buffer.concat(Array.from({ length: times }, () => part));
  return Buffer.concat([input.subarray(0, start), repeated, input.subarray(end)]);
}

async function stepsOf(target: Target, input: Buffer, coverage: Coverage): Promise<number> {
  const scanned = await countScans(async () => {
    try {
      await target.feed(input);
    } catch (error) {
      throw new Crash(target.name, input, error);
    }
  });
  const { steps } = await coverage.take(target.covers);
  return steps + scanned;
}
