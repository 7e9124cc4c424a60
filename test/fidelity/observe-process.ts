const CONSOLE = ["log", "info", "warn", "error", "debug", "trace"] as const;

/**
 * Runs work and returns what a user of the process would see beside its result: what was written to the console, warnings,
 * rejections that nothing handled. Deprecations are left out, which Node prints once for each process.
 */
export async function observeProcess(
  work: () => Promise<void>,
): Promise<readonly (readonly [label: string, value: unknown])[]> {
  const seen: (readonly [string, unknown])[] = [];
  const originals = CONSOLE.map((name) => [name, console[name]] as const);
  for (const name of CONSOLE) {
    console[name] = (...args: unknown[]) => {
      seen.push([`console.${name}`, args.map(withoutStack)]);
    };
  }
  const onWarning = (warning: Error): void => {
    if (warning.name !== "DeprecationWarning") seen.push(["warning", warning.message]);
  };
  const onRejection = (reason: unknown): void => {
    seen.push(["unhandled rejection", reason]);
  };
  // The test runner's own would make every rejection a failed run.
  const runners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", onRejection);
  process.on("warning", onWarning);
  try {
    await work();
    // Rejections and warnings are reported after the turn in which they happened.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    for (const [name, original] of originals) console[name] = original;
    process.off("unhandledRejection", onRejection);
    process.off("warning", onWarning);
    for (const listener of runners) process.on("unhandledRejection", listener);
  }
  return seen;
}

/** Where an error was made is another place in each library and each version of it. */
function withoutStack(argument: unknown): unknown {
  return typeof argument === "string" ? argument.replaceAll(/\n +at .+/g, "") : argument;
}
