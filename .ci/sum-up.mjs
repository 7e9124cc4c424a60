// Adds up the JSON reports of several Vitest runs: names what failed and on which server, prints how many tests passed on
// each, and "N passed, N failed" as the last line.
import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
const passedOn = new Map();
const serverOf = ({ meta }) => meta?.servers?.join(" and ") ?? "no server";
for (const file of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(file, "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0);
  for (const suite of report.testResults) {
    const failures = suite.assertionResults.filter(({ status }) => status === "failed");
    if (failures.length === 0 && suite.status === "failed")
      process.stdout.write(`FAILED ${suite.name}: ${suite.message}\n`);
    for (const test of failures) {
      const name = `${suite.name} on ${serverOf(test)} > ${test.fullName}`;
      process.stdout.write(`FAILED ${name}\n${test.failureMessages.join("\n")}\n`);
    }
    for (const test of suite.assertionResults) {
      if (test.status === "passed") passedOn.set(serverOf(test), (passedOn.get(serverOf(test)) ?? 0) + 1);
    }
  }
}
for (const [server, count] of [...passedOn].sort()) process.stdout.write(`${server}: ${count} passed\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0 || passed === 0) process.exitCode = 1;
