import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { startCoverage } from "./coverage.js";
import { fuzz } from "./fuzz.js";
import { createRandom } from "./random.js";

// npm run fuzz -- --target postgres-startup --seconds 30 --seed 7
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now()) },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run fuzz -- [options]

Gives mutated input to the local proxy's parsers.

  --target mysql-statement   one parser; default all
  --seconds 30               how long in all
  --seed 7                   which input is made; default by the clock`,
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
  const end = performance.now() + (Number(values.seconds) * 1000) / chosen.length;
  const random = createRandom(Number(values.seed));
  const { runs, blocks, corpus } = await fuzz(target, coverage, random, () => performance.now() < end);
  console.log(
    `${target.name}: ${runs} inputs, ${blocks} blocks, ${corpus.length - target.seeds.length} inputs kept (seed ${values.seed})`,
  );
}
await coverage.stop();
