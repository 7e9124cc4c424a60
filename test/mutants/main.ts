import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { chooseFiles, lowestScores } from "./choose-files.js";
import { equivalentMutants } from "./equivalent.js";
import { readMutants } from "./mutant.js";
import { runStryker } from "./run-stryker.js";
import { scoreOf } from "./score.js";

// npm run test:mutants -- --package core packages/core/src/lease
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    package: { type: "string", multiple: true },
    changed: { type: "boolean", default: false },
    tests: { type: "string", multiple: true },
    concurrency: { type: "string", default: "1" },
    force: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run test:mutants -- [options] [files and folders]

Changes the sources in many small ways, and prints the changes that no unit test notices.

  --package core    one package, may be given several times; default all of ${Object.keys(lowestScores).join(", ")}
  --changed         only files that changed since origin/main, or whose test file did
  --tests a.test.ts run only these test files, by a pattern, which is faster; others may notice what these do not
  --concurrency 1   processes beside each other
  --force           use no result of the last run; needed after a change to what the tests import`,
);

const files = chooseFiles({
  packages: values.package,
  paths: positionals,
  isChangedOnly: values.changed,
});
const results =
  files.length === 0
    ? []
    : await runStryker(files, {
        concurrency: Number(values.concurrency),
        isIncremental: !values.force,
        tests: values.tests,
      });
const mutants = readMutants(results, process.cwd());

for (const [name, lowest] of Object.entries(lowestScores)) {
  const ofPackage = mutants.filter(({ file }) => file.startsWith(`packages/${name}/`));
  if (ofPackage.length === 0) continue;
  const { killed, timedOut, equivalent, survivors, unused, percent } = scoreOf(ofPackage, equivalentMutants);
  for (const { file, lineNumber, line, change, mutator, status } of survivors) {
    console.log(`\n${file}:${lineNumber} ${mutator} ${status}\n  ${line}\n  ${change}`);
  }
  for (const { file, line, change } of unused) {
    console.log(
      `\n${file}: equivalent.ts lists a mutant that is killed or does not exist\n  ${line}\n  ${change}`,
    );
  }
  console.log(
    `\n${name}: ${percent.toFixed(1)} % (at least ${lowest}): ${killed} killed, ${timedOut} timed out, ` +
      `${survivors.length} survived, ${equivalent} equivalent`,
  );
  if (percent < lowest || unused.length > 0) process.exitCode = 1;
}
