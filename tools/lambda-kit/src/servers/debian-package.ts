import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Where packages are kept unless a caller says otherwise. Removed with the clone that it is in. */
export const debianCache: string = fileURLToPath(
  new URL("../../../../node_modules/.cache/rds-proxy/", import.meta.url),
);

/** A package of Debian's unstable suite with all that it depends on, unpacked into a folder. */
export interface UnpackedPackage {
  /** Its root: `usr` and the like are in it. */
  readonly folder: string;
  /** How to run one of its programs: by their own loader with their own libraries, since the machine's may be older. */
  readonly loader: {
    readonly command: string;
    /** The arguments ahead of the program's path. */
    readonly args: readonly string[];
  };
}

/**
 * A package of Debian's unstable suite, with all libraries that it needs, in a folder of `cacheFolder` that has the
 * package's version in its name. Downloads it there if there is none. Changes nothing else, and needs no root.
 *
 * Rejects with an `Error` that says what is missing where Debian's packages cannot be had.
 *
 * @param privateLibraries folders of libraries inside the package, such as `usr/lib/mysql/private`
 */
export async function obtainDebianPackage(
  name: string,
  cacheFolder: string = debianCache,
  env: NodeJS.ProcessEnv = process.env,
  privateLibraries: readonly string[] = [],
): Promise<UnpackedPackage> {
  const folder = (await newestIn(cacheFolder, name)) ?? (await download(name, cacheFolder, env));
  const libraries = await libraryFolder(folder);
  const loader = (await readdir(libraries)).find((file) => /^ld-linux.*\.so\.\d+$/.test(file));
  if (loader === undefined) throw new Error(`${libraries} has no loader`);
  const path = [libraries, ...privateLibraries.map((inside) => join(folder, inside))].join(":");
  return { folder, loader: { command: join(libraries, loader), args: ["--library-path", path] } };
}

async function newestIn(cacheFolder: string, name: string): Promise<string | undefined> {
  if (!existsSync(cacheFolder)) return undefined;
  const versions = (await readdir(cacheFolder)).filter((entry) => entry.startsWith(`${name}_`));
  const newest = versions.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return newest && join(cacheFolder, newest);
}

async function download(name: string, cacheFolder: string, env: NodeJS.ProcessEnv): Promise<string> {
  await mkdir(cacheFolder, { recursive: true });
  // A folder of its own until everything is there: other runs see all of it or nothing.
  const folder = await mkdtemp(join(cacheFolder, "download-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  try {
    const archives = await downloadArchives(name, folder, env);
    const asked = archives.find((archive) => archive.startsWith(`${name}_`));
    if (asked === undefined) throw new Error(`apt-get did not download ${name}`);
    const unpacked = join(folder, "unpacked");
    for (const archive of archives)
      await run("dpkg", ["-x", join(folder, "archives", archive), unpacked], env);
    const place = join(cacheFolder, asked.replace(/\.deb$/, ""));
    await renameUnlessThere(unpacked, place);
    return place;
  } finally {
    await rm(folder, { recursive: true, force: true });
    process.off("exit", removeFolder);
  }
}

/** Downloads the package and all that it depends on, with lists, cache and state of its own. */
async function downloadArchives(
  name: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const archives = join(folder, "archives");
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  const sources = join(folder, "sources.list");
  await writeFile(sources, `deb [signed-by=${KEYRING}] ${await debianMirror(env)} sid main\n`);
  // As if nothing was installed, so that it downloads the libraries that this machine has in another version.
  const status = join(folder, "status");
  await writeFile(status, "");
  const settings = {
    "Dir::Etc::SourceList": sources,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State": folder,
    "Dir::State::Lists": join(folder, "lists"),
    "Dir::State::Status": status,
    "Dir::Cache": folder,
    "Dir::Cache::Archives": archives,
    "Dir::Log": folder,
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "30",
    // As root it would download as a user who cannot enter this folder.
    ...(process.getuid?.() === 0 ? { "APT::Sandbox::User": "root" } : {}),
  };
  const options = ["-qq", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
  await run("apt-get", [...options, "update"], env);
  await run(
    "apt-get",
    [...options, "install", "--yes", "--download-only", "--no-install-recommends", name],
    env,
  );
  return (await readdir(archives)).filter((archive) => archive.endsWith(".deb"));
}

/** The mirror that this machine's own sources name. */
async function debianMirror(env: NodeJS.ProcessEnv): Promise<string> {
  const targets = await run("apt-get", ["indextargets", "--format", "$(REPO_URI)"], env);
  const mirror = targets.split("\n").find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw new Error("apt-get knows no mirror of Debian");
  if (!existsSync(KEYRING)) throw new Error(`${KEYRING} is missing (package debian-archive-keyring)`);
  return mirror;
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(to)) throw error;
  }
}

/** The folder that is named for the processor, such as `x86_64-linux-gnu`. */
async function libraryFolder(folder: string): Promise<string> {
  const parent = join(folder, "usr", "lib");
  const name = (await readdir(parent)).find((entry) => /-linux-gnu/.test(entry));
  if (name === undefined) throw new Error(`${parent} has no libraries`);
  return join(parent, name);
}

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { env })).stdout;
  } catch (cause) {
    const { code, stderr }: { code?: unknown; stderr?: unknown } = Object(cause);
    const reason = code === "ENOENT" ? "it is not installed" : String(stderr).trim();
    throw new Error(`${program} ${args.at(-1)} failed: ${reason}`, { cause });
  }
}
