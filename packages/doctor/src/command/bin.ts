#!/usr/bin/env node
// local-proxy has a command/ folder with the same files. The copies are on purpose: local-proxy imports none of our
// packages (law 10 in docs/architecture.md).
import { runCommand } from "./run-command.js";

// Stated, because what was given up in time may go on for a while: a name server or a provider that does not answer.
process.exit(
  await runCommand(process.argv.slice(2), {
    write: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
  }),
);
