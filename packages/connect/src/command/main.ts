import { closeSync, openSync } from "node:fs";
import { runCommand } from "./run-command.js";
import { processSignals } from "./signals.js";

// An explicit exit: a name server or credential provider that did not answer in time would keep the process alive.
process.exit(
  await runCommand(process.argv.slice(2), {
    write: (text) => void process.stdout.write(text),
    tell: (text) => void process.stderr.write(text),
    signals: processSignals(),
    hasTerminal: hasTerminal(),
    showsOutput: process.stdout.isTTY,
  }),
);

/** Whether a terminal controls this process, wherever its input comes from. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
