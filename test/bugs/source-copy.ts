import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Written by tools while they run. */
const WRITTEN = new Set([".vite", ".vite-temp"]);

/** A copy of the repository's sources, on which the installed packages are used. */
export interface SourceCopy {
  readonly root: string;
  /** Applies a patch. Rejects if it does not fit. */
  apply(patch: string): Promise<void>;
  /** Takes it back. */
  revert(patch: string): Promise<void>;
  remove(): Promise<void>;
}

export async function copySources(): Promise<SourceCopy> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "rds-proxy-bugs-")));
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: ROOT,
    maxBuffer: 2 ** 24,
  });
  const files = stdout.split("\0").filter((file) => file !== "");
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await Promise.all(
    files.map((file) =>
      cp(join(ROOT, file), join(root, file)).catch((error: NodeJS.ErrnoException) => {
        // One that was deleted, but not committed yet.
        if (error.code !== "ENOENT") throw error;
      }),
    ),
  );
  await linkPackages(root);
  const git = async (...args: string[]): Promise<void> => {
    await run("git", ["apply", ...args], { cwd: root });
  };
  return {
    root,
    apply: (patch) => git(patch),
    revert: (patch) => git("--reverse", patch),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** The installed packages are links to the repository's; our own lead to the copy. */
async function linkPackages(root: string): Promise<void> {
  const own = join(root, "node_modules/@rds-proxy");
  await mkdir(own, { recursive: true });
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (name === "@rds-proxy" || WRITTEN.has(name)) continue;
    await symlink(join(ROOT, "node_modules", name), join(root, "node_modules", name));
  }
  for (const name of await readdir(join(ROOT, "node_modules/@rds-proxy"))) {
    const source = await realpath(join(ROOT, "node_modules/@rds-proxy", name));
    await symlink(join(root, source.slice(ROOT.length)), join(own, name));
  }
}
