import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

// Debian's package for each program.
const packages = {
  psql: "postgresql-client",
  pgbench: "postgresql-contrib",
  pgbouncer: "pgbouncer",
  mariadb: "mariadb-client",
  chromium: "chromium",
};

/** Installs missing programs for the clients' tests where that is possible. */
export default async function setup(): Promise<void> {
  const missing = Object.entries(packages).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isInstalled("apt-get")) {
    throw new Error(
      `npm run test:clients needs ${missing.map(([program]) => program).join(", ")} on the PATH, or root and apt-get to install them.`,
    );
  }
  // Run level 1 keeps the packages from starting their services.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...missing.map(([, name]) => name)], {
    env,
  });
}

function isInstalled(program: string): boolean {
  const folders = process.env["PATH"]?.split(delimiter) ?? [];
  return folders.some((folder) => existsSync(join(folder, program)));
}
