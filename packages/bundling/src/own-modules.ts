import { existsSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Metafile } from "esbuild";

/**
 * The modules of a function's own package, in the order in which they are evaluated, the entry last. Modules of other packages
 * are evaluated with the first that imports them.
 *
 * @param inputs of a bundle, from esbuild, with paths relative to the working directory
 * @param entry its path in `inputs`
 * @param folder of the package
 * @returns absolute paths
 */
export function ownModules(inputs: Metafile["inputs"], entry: string, folder: string): readonly string[] {
  const visited = new Set<string>();
  const ordered: string[] = [];
  const visit = (path: string): void => {
    if (visited.has(path) || !isInside(folder, path)) return;
    visited.add(path);
    for (const { path: imported, kind, external } of inputs[path]?.imports ?? []) {
      if (kind === "import-statement" && !external) visit(imported);
    }
    ordered.push(resolve(path));
  };
  visit(entry);
  return ordered;
}

/** Whether a module is a file of the package, and neither of one that is installed there nor made by a plugin. */
function isInside(folder: string, path: string): boolean {
  const parts = relative(folder, resolve(path)).split(sep);
  return parts[0] !== ".." && !parts.includes("node_modules") && !/^[\w-]{2,}:/.test(path);
}

/** The folder of the nearest package.json, or the file's own folder. */
export function packageFolderOf(file: string): string {
  for (let folder = dirname(resolve(file)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return dirname(resolve(file));
}
