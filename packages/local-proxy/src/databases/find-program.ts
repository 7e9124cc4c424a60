import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Folders of installed servers that are not always on the PATH. */
const installFolders = [
  "/usr/sbin",
  "/usr/libexec",
  "/usr/local/sbin",
  "/usr/local/mysql/bin",
  "/opt/homebrew/opt/mariadb/bin",
  "/opt/homebrew/opt/mysql/bin",
];

/** The path of the first of these programs that is found, on the PATH or in a folder. */
export function findProgram(names: readonly string[], folders: readonly string[] = []): string | undefined {
  const path = process.env["PATH"]?.split(delimiter) ?? [];
  return names
    .flatMap((name) => [...path, ...installFolders, ...folders].map((folder) => join(folder, name)))
    .find((candidate) => existsSync(candidate));
}
