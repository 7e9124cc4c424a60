import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";

/** The lowest score of each package that is tested, in percent. */
export const lowestScores: Readonly<Record<string, number>> = {
  core: 90,
  database: 90,
  middleware: 90,
  "adapter-pg": 85,
  "adapter-mysql2": 85,
  "adapter-kysely": 85,
  "adapter-sequelize": 85,
  "adapter-drizzle": 85,
};

export interface FileChoice {
  /** Names of packages, such as `core`; default all. */
  readonly packages?: readonly string[] | undefined;
  /** Files and folders, relative to the repository, files with lines as in `a.ts:12` or `a.ts:12-20`; default all. */
  readonly paths?: readonly string[] | undefined;
  /** Only those that changed since origin/main, or whose test file did. */
  readonly isChangedOnly?: boolean | undefined;
}

/** Sources, without tests and what supports them, relative to the repository; with lines as in `a.ts:12-20` if chosen so. */
export function chooseFiles({ packages, paths = [], isChangedOnly = false }: FileChoice): readonly string[] {
  const chosen = packages ?? Object.keys(lowestScores);
  const unknown = chosen.find((name) => !Object.hasOwn(lowestScores, name));
  if (unknown !== undefined) {
    throw new Error(`--package: expected one of ${Object.keys(lowestScores).join(", ")}, got ${unknown}`);
  }
  const places = paths.map(readPlace);
  const missing = places.find(({ path }) => !existsSync(path));
  if (missing !== undefined) throw new Error(`${missing.path}: no such file or folder`);
  const changed = isChangedOnly ? changedFiles() : undefined;
  return chosen
    .flatMap((name) => globSync(`packages/${name}/src/**/*.ts`))
    .filter((file) => !/\.test\.ts$|\.d\.ts$|\/testing\//.test(file))
    .filter((file) => !changed || changed.has(file) || changed.has(file.replace(/\.ts$/, ".test.ts")))
    .flatMap((file) => {
      if (places.length === 0) return [file];
      return places.filter(({ path }) => isWithin(file, path)).map(({ lines }) => `${file}${lines}`);
    })
    .toSorted();
}

/** Lines in Stryker's form, which has an end. */
function readPlace(text: string): { readonly path: string; readonly lines: string } {
  const [, path = text, first, last = first] = /^(.+):(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return { path, lines: first === undefined ? "" : `:${first}-${last}` };
}

function isWithin(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path.replace(/\/$/, "")}/`);
}

function changedFiles(): ReadonlySet<string> {
  const base = execFileSync("git", ["merge-base", "origin/main", "HEAD"], { encoding: "utf8" }).trim();
  return new Set(execFileSync("git", ["diff", "--name-only", base], { encoding: "utf8" }).split("\n"));
}
