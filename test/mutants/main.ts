import { parseArgs } from "node:util";
import { printHelp, wholeNumber } from "@rds-proxy/lambda-kit/command-line";
import { chooseFiles, lowestScores } from "./choose-files.js";
import { groupFiles } from "./choose-tests.js";
import { equivalentMutants } from "./equivalent.js";
import { type Mutant, readMutants } from "./mutant.js";
import { runStryker } from "./run-stryker.js";
import { entriesFor, isHighEnough, scoreOf } from "./score.js";

// npm run test:mutants -- --package core packages/core/src/lease
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    package: { type: "string", multiple: true },
    changed: { type: "boolean", default: false },
    sample: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    control: { type: "boolean", default: false },
    tests: { type: "string", multiple: true },
    concurrency: { type: "string", default: "1" },
    force: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run test:mutants -- [options] [files and folders]

Changes the sources in many small ways, and prints the changes that no test notices: of the unit tests, and for adapters of those with
a server. A file may have a place behind it, as file:12 or file:12-20, for the changes of these lines alone.

  --package core    one package, may be given several times; default all of ${Object.keys(lowestScores).join(", ")}
  --changed         only files that changed since origin/main, or whose test file did
  --sample 100      so many of the changes of each adapter, and of the other packages together, drawn at random
  --seed 7          which changes are drawn; default by the clock
  --control         runs the tests of each change without the change, and fails if any of them notices something
  --tests a.test.ts run only these test files, by a pattern, which is faster; others may notice what these do not
  --concurrency 1   processes beside each other
  --force           use no result of the last run; needed after a change to what the tests import
  --verbose         prints what noticed each change, too`,
);
const seed = wholeNumber("seed", values.seed, 0);
const size = values.sample === undefined ? undefined : wholeNumber("sample", values.sample, 1);

const files = chooseFiles({
  packages: values.package,
  paths: positionals,
  isChangedOnly: values.changed,
});
for (const { group, files: ofGroup } of groupFiles(files)) {
  const results = await runStryker(
    ofGroup,
    { ...group, tests: values.tests ?? group.tests },
    {
      concurrency: wholeNumber("concurrency", values.concurrency, 1),
      isIncremental: !values.force,
      sample: size === undefined ? undefined : { size, seed },
      isControl: values.control,
    },
  );
  const mutants = readMutants(results, process.cwd());
  for (const name of group.packages) {
    report(
      name,
      mutants.filter(({ file }) => file.startsWith(`packages/${name}/`)),
    );
  }
}
if (size !== undefined) {
  const given = process.argv.slice(2);
  const repeated = given.some((argument) => argument.startsWith("--seed"))
    ? given
    : [...given, "--seed", values.seed];
  // A shell would expand patterns.
  const words = repeated.map((word) => (/^[\w./:-]+$/.test(word) ? word : `'${word}'`));
  console.log(`\nAgain: npm run test:mutants -- ${words.join(" ")}`);
}

function report(name: string, mutants: readonly Mutant[]): void {
  if (mutants.length === 0) return;
  const lowest = lowestScores[name] ?? 100;
  const isPart = size !== undefined || positionals.some((path) => path.includes(":"));
  const entries = isPart ? entriesFor(mutants, equivalentMutants) : equivalentMutants;
  const score = scoreOf(mutants, entries);
  const noticed = mutants.filter(({ status }) => status === "Killed" || status === "Timeout");
  if (values.verbose || values.control) {
    for (const mutant of noticed) {
      console.log(`${describe(mutant)}\n  noticed by ${mutant.killedBy.join(", ")}\n  ${mutant.reason}`);
    }
  }
  if (values.control) {
    console.log(`\n${name}: without ${mutants.length} mutants, tests noticed ${noticed.length}`);
    if (noticed.length > 0) process.exitCode = 1;
    return;
  }
  for (const survivor of score.survivors) console.log(describe(survivor));
  for (const { file, line, change } of score.unused) {
    console.log(
      `\n${file}: equivalent.ts lists a mutant that is killed or does not exist\n  ${line}\n  ${change}`,
    );
  }
  const { killed, timedOut, equivalent, survivors, invalid, percent, interval } = score;
  const [low, high] = interval.map((bound) => bound.toFixed(1));
  const margin = size === undefined ? "" : `, 95 % confidence ${low} to ${high} %`;
  console.log(
    `\n${name}: ${percent.toFixed(1)} %${margin} (at least ${lowest}): ${killed} killed, ${timedOut} timed out, ` +
      `${survivors.length} survived, ${equivalent} equivalent, ${invalid} invalid`,
  );
  if (!isHighEnough(score, lowest, size !== undefined) || score.unused.length > 0) process.exitCode = 1;
}

function describe({ file, lineNumber, mutator, status, line, change }: Mutant): string {
  return `\n${file}:${lineNumber} ${mutator} ${status}\n  ${line}\n  ${change}`;
}
