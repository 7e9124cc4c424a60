"use strict";

const { appendFileSync } = require("node:fs");

/** Writes a line of JSON for each test, as it ends, into the file that SUITE_OUTCOMES names. */
class OutcomeReporter {
  constructor(runner) {
    const write = (outcome) => appendFileSync(process.env.SUITE_OUTCOMES, `${JSON.stringify(outcome)}\n`);
    const nameOf = (test) => test.titlePath().join(" > ");
    runner.on("pass", (test) => write({ name: nameOf(test), state: "passed" }));
    runner.on("pending", (test) => write({ name: nameOf(test), state: "skipped" }));
    runner.on("fail", (test, error) => {
      write({ name: nameOf(test), state: "failed", message: String(error?.stack ?? error) });
    });
    runner.on("end", () => write({ name: "(end of the run)", state: "passed" }));
  }
}

module.exports = OutcomeReporter;
