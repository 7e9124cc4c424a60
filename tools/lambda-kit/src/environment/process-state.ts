import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** Resolves with true once the process is stopped, with false once it has ended. */
export async function untilStopped(pid: number): Promise<boolean> {
  for (;;) {
    const state = await stateOf(pid);
    if (state === undefined) return false;
    if (state.startsWith("T")) return true;
    await delay(1);
  }
}

/** The state's letter as `ps` shows it; undefined without such a process. Slim Linux images have no `ps`. */
async function stateOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform !== "linux") {
      return (await promisify(execFile)("ps", ["-o", "state=", "-p", String(pid)])).stdout.trim();
    }
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // After the program's name, which is in parentheses and may contain any character: proc(5).
    return stat.slice(stat.lastIndexOf(")") + 2);
  } catch {
    return undefined;
  }
}

/** The peak resident memory of a process, in bytes. */
export async function peakMemory(pid: number): Promise<number> {
  if (process.platform === "linux") {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }
  // Other kernels have the current value only.
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * 1024;
}
