import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { bundleExplorer } from "./bundle-explorer.js";
import type { Order, Report } from "./order.js";
import { runExplorer } from "./run-explorer.js";

// npm run test:interleavings -- --depth 8 --seconds 60 --seed 7
const { values } = parseArgs({
  options: {
    depth: { type: "string", default: "7" },
    deviations: { type: "string", default: "2" },
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    subject: { type: "string" },
    replay: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run test:interleavings -- [options]

Runs slots, leases, invocations, pools and turns under a scheduler that decides the order of all promises, timers and events of
sockets. A schedule that breaks a promise is shrunk, and printed as a line for --replay.

  --depth 7          all orders in which the first so many choices are made
  --deviations 2     all schedules with so many choices other than the first, at any depth
  --seconds 60       the most for each of: depth, deviations, random programs
  --seed 7           of the random programs and schedules; default by the clock
  --subject slots    random programs of one subject; default all
  --replay LINE      one schedule, with its events`,
);

const { file, remove } = await bundleExplorer();
try {
  if (values.replay !== undefined) await replay(values.replay);
  else {
    const seconds = Number(values.seconds);
    const unlimited = Number.MAX_SAFE_INTEGER;
    const bounded = { task: "all", seconds, depth: Number(values.depth), deviations: unlimited } as const;
    await explore(`all orders to depth ${values.depth}`, bounded);
    const deviating = { ...bounded, depth: unlimited, deviations: Number(values.deviations) };
    await explore(`all schedules with ${values.deviations} deviations`, deviating);
    await explore(`random programs, seed ${values.seed}`, {
      task: "random",
      seed: Number(values.seed),
      seconds,
      ...(values.subject === undefined ? {} : { subject: values.subject }),
    });
  }
} finally {
  await remove();
}

async function explore(title: string, order: Order): Promise<void> {
  const { explored, failures, isCut } = await runExplorer(file, order);
  console.log(`${title}${isCut ? ", cut short by --seconds" : ""}`);
  for (const { subject, programs, schedules, events, seconds } of explored) {
    console.log(
      `  ${subject}: ${schedules} schedules of ${programs} programs, ${events} events, ${seconds.toFixed(1)} s`,
    );
  }
  printFailures(failures);
}

async function replay(schedule: string): Promise<void> {
  const { trace, failures } = await runExplorer(file, { task: "replay", schedules: [schedule] });
  for (const line of trace ?? []) console.log(`  ${line}`);
  for (const { promise, message } of failures) console.log(`${promise}: ${message}`);
  if (failures.length > 0) process.exitCode = 1;
}

function printFailures(failures: Report["failures"]): void {
  for (const { promise, message, schedule, trace } of failures) {
    console.log(`\n${promise}: ${message}`);
    for (const line of trace) console.log(`  ${line}`);
    console.log(`npm run test:interleavings -- --replay "${schedule}"`);
    process.exitCode = 1;
  }
}
