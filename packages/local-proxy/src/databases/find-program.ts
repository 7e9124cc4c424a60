import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where servers are installed that are not on everybody's PATH. */
const installFolders = [
  "/usr/sbin",
  "/usr/libexec",
  "/usr/local/sbin",
  "/usr/local/mysql/bin",
  "/opt/homebrew/opt/mariadb/bin",
  "/opt/homebrew/opt/mysql/bin",
];

/** The path of the first of these programs that is installed, on the PATH or in one of the folders. */
export function findProgram(names: readonly string[], folders: readonly string[] = []): string | undefined {
  const path = process.env["PATH"]?.split(delimiter) ?? [];
  return names
    .flatMap((name) => [...path, ...installFolders, ...folders].map((folder) => join(folder, name)))
    .find((candidate) => existsSync(candidate));
}
