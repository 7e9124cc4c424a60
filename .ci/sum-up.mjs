// Adds up the JSON reports of several Vitest runs: names what failed, and prints "N passed, N failed" as the last line.
import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(file, "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0);
  for (const suite of report.testResults) {
    const failures = suite.assertionResults.filter(({ status }) => status === "failed");
    if (failures.length === 0 && suite.status === "failed")
      process.stdout.write(`FAILED ${suite.name}: ${suite.message}\n`);
    for (const { fullName, failureMessages } of failures) {
      process.stdout.write(`FAILED ${suite.name} > ${fullName}\n${failureMessages.join("\n")}\n`);
    }
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0 || passed === 0) process.exitCode = 1;
