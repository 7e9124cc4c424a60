import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SuiteRun, TestOutcome } from "./suite.js";

const REPORTER = fileURLToPath(new URL("mocha-reporter.cjs", import.meta.url));

/** The reporter's last line. */
const END_OF_RUN = "(end of the run)";

/** How Mocha is called for a suite. */
export interface MochaOptions {
  /** Modules that the process imports first. */
  readonly imports?: readonly string[];
  /** Arguments of Mocha, files included. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Runs the checkout's own Mocha; what it prints goes to standard error. */
export async function runMocha(
  { checkout, folder, side }: SuiteRun,
  { imports = [], args, env }: MochaOptions,
): Promise<readonly TestOutcome[]> {
  const outcomes = join(folder, "outcomes.jsonl");
  const child = spawn(
    process.execPath,
    [
      ...imports.flatMap((file) => ["--import", file]),
      join(checkout, "node_modules/mocha/bin/mocha"),
      "--reporter",
      REPORTER,
      ...args,
    ],
    {
      cwd: checkout,
      env: { ...process.env, ...env, SUITE_OUTCOMES: outcomes },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  child.stdout.pipe(process.stderr, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  const [code] = await once(child, "close");
  const lines = await readFile(outcomes, "utf8").catch(() => "");
  const results: readonly TestOutcome[] = lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const last = results.at(-1);
  if (last?.name === END_OF_RUN) return results.slice(0, -1);
  // A process that died must not look like a run with few tests.
  const message = `Mocha ended with ${code} on the ${side} side`;
  return [...results, { name: END_OF_RUN, state: "failed", message }];
}
