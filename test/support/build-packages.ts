import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Builds all packages. Two builds at the same time read each other's half-written declarations. */
export async function buildPackages(): Promise<void> {
  await promisify(execFile)("npm", ["run", "build"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
}

/** The name that Vitest calls before a project's tests. */
export { buildPackages as setup };
