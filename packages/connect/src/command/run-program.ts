import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Terminal } from "./terminal.js";

/** Exit codes of shells for a program that cannot be run, and one that does not exist. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such program",
  EACCES: "this user may not run it",
};

/** A terminal's keys send them to all its processes, so that the program has them already. */
const OF_KEYS: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/**
 * Runs a program with this environment, and forwards signals to it; resolves with its exit code, or 128 plus the number of the
 * signal that ended it.
 */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  { signals, tell, hasTerminal }: Pick<Terminal, "signals" | "tell" | "hasTerminal">,
): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env });
  const stop = signals.listen((signal) => {
    if (!(hasTerminal && OF_KEYS.includes(signal))) child.kill(signal);
  });
  try {
    return await exitCodeOf(child);
  } catch (error) {
    const { code, message }: NodeJS.ErrnoException =
      error instanceof Error ? error : new Error(String(error));
    tell(`rds-proxy-connect: ${program}: ${REASONS[String(code)] ?? message}.\n`);
    return code === "ENOENT" ? NOT_FOUND : CANNOT_RUN;
  } finally {
    stop();
  }
}

/** The exit code of a process that a signal ends, as shells have it. */
export function exitCodeFor(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : exitCodeFor(signal))));
  });
}
