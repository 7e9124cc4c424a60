import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** Resolves when the kernel has stopped a process. */
export async function untilStopped(pid: number): Promise<void> {
  while (!(await stateOf(pid)).startsWith("T")) await delay(1);
}

/** The letter by which `ps` tells what a process does; slim containers of Linux have no `ps`. */
async function stateOf(pid: number): Promise<string> {
  if (process.platform !== "linux") {
    return (await promisify(execFile)("ps", ["-o", "state=", "-p", String(pid)])).stdout.trim();
  }
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // After the program's name in parentheses, which may hold anything.
  return stat.slice(stat.lastIndexOf(")") + 2);
}
