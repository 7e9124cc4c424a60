import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Installs programs that are not on the PATH, as root with apt.
 *
 * @param packages Debian's package for each program
 * @param command what needs them, for the error
 * @throws if a program is missing and cannot be installed
 */
export async function installPrograms(
  packages: Readonly<Record<string, string>>,
  command: string,
): Promise<void> {
  const missing = Object.entries(packages).filter(([program]) => findProgram(program) === undefined);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || findProgram("apt-get") === undefined) {
    throw new Error(
      `${command} needs ${missing.map(([program]) => program).join(", ")} on the PATH, or root and apt-get to install them.`,
    );
  }
  // Run level 1 keeps the packages from starting their services.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...missing.map(([, name]) => name)], {
    env,
  });
}

/** The path of a program on the PATH. */
export function findProgram(program: string): string | undefined {
  const folders = process.env["PATH"]?.split(delimiter) ?? [];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
