import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startLocalRegistry } from "./local-registry.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** All packages, in a registry of their own. */
export interface PublishedPackages {
  /** The version of each, by its name. */
  readonly versions: Readonly<Record<string, string>>;
  /** With it npm and npx install them from there, and the rest from where npm is set to. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** What npm said when it published them. */
  readonly output: string;
  remove(): Promise<void>;
}

/** Publishes the packages to a registry on loopback, as they were built. */
export async function publishPackages(): Promise<PublishedPackages> {
  const registry = await startLocalRegistry("@rds-proxy");
  // npx keeps what it installed in npm's cache, by the names in the command: of another run, other packages.
  const cache = await mkdtemp(join(tmpdir(), "rds-proxy-npm-"));
  const { stdout } = await run("npm", ["config", "get", "cache"], { cwd: ROOT });
  await symlink(join(stdout.trim(), "_cacache"), join(cache, "_cacache"));
  const environment = {
    ...process.env,
    ...registry.environment,
    npm_config_cache: cache,
    npm_config_prefer_offline: "true",
  };
  const published = await run("npm", ["publish", "--workspaces", "--tag", "latest"], {
    cwd: ROOT,
    env: environment,
  });
  return {
    versions: await versionsOfPackages(),
    environment,
    output: published.stdout + published.stderr,
    async remove() {
      registry.close();
      await rm(cache, { recursive: true, force: true });
    },
  };
}

async function versionsOfPackages(): Promise<Record<string, string>> {
  const folders = await readdir(join(ROOT, "packages"));
  const manifests = folders.map(async (folder): Promise<[string, string]> => {
    const manifest: { name: string; version: string } = JSON.parse(
      await readFile(join(ROOT, "packages", folder, "package.json"), "utf8"),
    );
    return [manifest.name, manifest.version];
  });
  return Object.fromEntries(await Promise.all(manifests));
}
