import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";

/** The lowest score of each package that is tested, in percent. */
export const lowestScores: Readonly<Record<string, number>> = {
  core: 90,
  database: 90,
  middleware: 90,
};

export interface FileChoice {
  /** Names of packages, such as `core`; default all. */
  readonly packages?: readonly string[] | undefined;
  /** Files and folders, relative to the repository; default all. */
  readonly paths?: readonly string[] | undefined;
  /** Only those that changed since origin/main, or whose test file did. */
  readonly isChangedOnly?: boolean | undefined;
}

/** Sources, without tests and what supports them, relative to the repository. */
export function chooseFiles({ packages, paths = [], isChangedOnly = false }: FileChoice): readonly string[] {
  const chosen = packages ?? Object.keys(lowestScores);
  const unknown = chosen.find((name) => !Object.hasOwn(lowestScores, name));
  if (unknown !== undefined) {
    throw new Error(`--package: expected one of ${Object.keys(lowestScores).join(", ")}, got ${unknown}`);
  }
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) throw new Error(`${missing}: no such file or folder`);
  const changed = isChangedOnly ? changedFiles() : undefined;
  return chosen
    .flatMap((name) => globSync(`packages/${name}/src/**/*.ts`))
    .filter((file) => !/\.test\.ts$|\.d\.ts$|\/testing\//.test(file))
    .filter((file) => paths.length === 0 || paths.some((path) => isWithin(file, path)))
    .filter((file) => !changed || changed.has(file) || changed.has(file.replace(/\.ts$/, ".test.ts")))
    .toSorted();
}

function isWithin(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path.replace(/\/$/, "")}/`);
}

function changedFiles(): ReadonlySet<string> {
  const base = execFileSync("git", ["merge-base", "origin/main", "HEAD"], { encoding: "utf8" }).trim();
  return new Set(execFileSync("git", ["diff", "--name-only", base], { encoding: "utf8" }).split("\n"));
}
