import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** Resolves with whether the kernel has stopped a process, as soon as it has, or as the process has ended. */
export async function untilStopped(pid: number): Promise<boolean> {
  for (;;) {
    const state = await stateOf(pid);
    if (state === undefined) return false;
    if (state.startsWith("T")) return true;
    await delay(1);
  }
}

/** The letter by which `ps` tells what a process does, while there is one. Slim containers of Linux have no `ps`. */
async function stateOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform !== "linux") {
      return (await promisify(execFile)("ps", ["-o", "state=", "-p", String(pid)])).stdout.trim();
    }
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // After the program's name in parentheses, which may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2);
  } catch {
    return undefined;
  }
}

/** The most memory that a process has had at a time, in bytes. */
export async function peakMemory(pid: number): Promise<number> {
  if (process.platform === "linux") {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }
  // What it has now, where the kernel does not tell.
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * 1024;
}
