import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { UsageError } from "./usage-error.js";

/** Runs a program with this environment, and forwards the signal to end; resolves with its exit code. */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string | undefined>>,
  stop: AbortSignal,
): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env: environment });
  const end = (): void => {
    child.kill();
  };
  stop.addEventListener("abort", end);
  if (stop.aborted) end();
  try {
    return await exitCodeOf(child);
  } finally {
    stop.removeEventListener("abort", end);
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(new UsageError(`--exec: could not run ${child.spawnfile}: ${error.code ?? error.message}.`));
    });
    // Shells use 128 plus the signal's number.
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
