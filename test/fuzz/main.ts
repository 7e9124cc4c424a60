// npm run fuzz -- --target postgres-startup --seconds 30 --seed 7 [--save]
import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { addCrash, readCorpus, writeCorpus } from "./corpus.js";
import { startCoverage } from "./coverage.js";
import { Crash } from "./crash.js";
import { fuzz, withoutRedundant } from "./fuzz.js";
import { checkGrowth } from "./growth.js";
import { createRandom } from "./random.js";
import type { Target } from "./target.js";

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now()) },
    save: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run fuzz -- [options]

Gives mutated input to everything that reads what others write, and looks for input that breaks it or takes more than
linear time. It starts from the saved inputs in test/fuzz/corpus.

  --target mysql-statement   one target; default all
  --seconds 30               how long in all
  --seed 7                   which input is made; default by the clock
  --save                     saves inputs that reach new code, and those that break a target as tests`,
);

const coverage = await startCoverage();
// Compiled under coverage.
const { targets } = await import("./targets.js");
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  throw new Error(
    `--target: expected one of ${targets.map(({ name }) => name).join(", ")}, got ${values.target}`,
  );
}
for (const target of chosen) {
  try {
    await fuzzTarget(target, (Number(values.seconds) * 1000) / chosen.length);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    console.log(error.message);
    process.exitCode = 1;
    if (values.save) addCrash({ name: String(error.cause), target: target.name, input: error.input });
  }
}
await coverage.stop();

/** Spends most of the time on mutations, and the rest on long inputs made of those that were found. */
async function fuzzTarget(target: Target, durationMs: number): Promise<void> {
  const random = createRandom(Number(values.seed));
  const startedAt = performance.now();
  const isWithin = (share: number): boolean => performance.now() - startedAt < share * durationMs;
  const saved = await readCorpus(target.name);
  const start = [...target.seeds, ...saved];
  const { runs, inputs } = await fuzz(target, coverage, random, start, () => isWithin(0.7));
  const seconds = (performance.now() - startedAt) / 1000;
  let grown = 0;
  for (const input of shuffled(inputs, random)) {
    if (!target.isLinear || !isWithin(1)) break;
    await checkGrowth(target, input, coverage, random, { short: 4096, long: 65_536 });
    grown++;
  }
  const needed = await withoutRedundant(target, coverage, inputs);
  const isKnown = (input: Buffer): boolean => start.some((each) => each.equals(input));
  const added = needed.filter((input) => !isKnown(input)).length;
  console.log(
    `${target.name}: ${runs} inputs (${Math.round(runs / seconds)} a second), ${grown} made long, ${added} reach new code (seed ${values.seed})`,
  );
  if (values.save) writeCorpus(target.name, needed);
}

function shuffled(inputs: readonly Buffer[], random: (below: number) => number): Buffer[] {
  return inputs
    .map((input) => ({ input, place: random(2 ** 30) }))
    .sort((one, other) => one.place - other.place)
    .map(({ input }) => input);
}
