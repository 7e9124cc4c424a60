// local-proxy has a command/ folder with the same files. The copies are on purpose: local-proxy imports none of our
// packages (law 10 in docs/architecture.md).
import { runCommand } from "./run-command.js";

// An explicit exit: a name server or credential provider that did not answer in time would keep the process alive.
process.exit(
  await runCommand(process.argv.slice(2), {
    write: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
    // Node looks at NO_COLOR, FORCE_COLOR and TERM.
    hasColors: process.stdout.isTTY && process.stdout.hasColors(),
  }),
);
