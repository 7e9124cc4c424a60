import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MANIFESTS = fileURLToPath(new URL("../../aws-runtime-client/", import.meta.url));
const CACHE = fileURLToPath(new URL("../../../../node_modules/.cache/rds-proxy/", import.meta.url));

/** The programs that the build calls, and Debian's packages of them. */
const BUILD_TOOLS = {
  autoreconf: "autoconf",
  automake: "automake",
  libtoolize: "libtool",
  cmake: "cmake",
  make: "build-essential",
  "g++": "build-essential",
  python3: "python3",
  xz: "xz-utils",
} as const;

const run = promisify(execFile);

/**
 * Installs AWS's runtime client (npm's `aws-lambda-ric`), whose native part is built in a minute or two, and keeps it under
 * `node_modules/.cache`. Missing build tools are installed first, as root with `apt-get`.
 *
 * @returns the path of its entry
 */
export async function installAwsRuntimeClient(): Promise<string> {
  const lock = await readFile(join(MANIFESTS, "package-lock.json"));
  const version = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  // Its native part uses Node-API, so that one build serves every version of Node.
  const folder = join(CACHE, `aws-runtime-client-${process.platform}-${process.arch}-${version}`);
  if (!(await exists(nativePart(folder)))) await build(folder);
  return join(folder, "node_modules/aws-lambda-ric/index.mjs");
}

async function build(folder: string): Promise<void> {
  if (process.platform !== "linux") {
    throw new Error(
      "AWS's runtime client can only be built on Linux: run these tests there, or in a container.",
    );
  }
  await installBuildTools();
  await mkdir(CACHE, { recursive: true });
  // Elsewhere first: two runs may build at once, and one may be interrupted.
  const building = await mkdtemp(join(CACHE, "building-"));
  try {
    for (const file of ["package.json", "package-lock.json"]) {
      await copyFile(join(MANIFESTS, file), join(building, file));
    }
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: building, maxBuffer: 2 ** 26 });
    if (!(await exists(nativePart(building)))) {
      throw new Error(
        "npm did not build AWS's runtime client: check that it runs install scripts (`npm config get ignore-scripts`).",
      );
    }
    await rm(folder, { recursive: true, force: true });
    await rename(building, folder);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

function nativePart(folder: string): string {
  return join(folder, "node_modules/aws-lambda-ric/rapid-client.node");
}

async function installBuildTools(): Promise<void> {
  const missing = new Set<string>();
  for (const [tool, packageName] of Object.entries(BUILD_TOOLS)) {
    if (!(await isOnPath(tool))) missing.add(packageName);
  }
  if (missing.size === 0) return;
  const names = [...missing];
  if (process.getuid?.() !== 0 || !(await isOnPath("apt-get"))) {
    throw new Error(
      `AWS's runtime client needs ${names.join(", ")} to build: install them, or run as root where apt-get can.`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env, maxBuffer: 2 ** 26 });
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...names], { env, maxBuffer: 2 ** 26 });
}

async function isOnPath(program: string): Promise<boolean> {
  const folders = (process.env["PATH"] ?? "").split(":");
  const found = await Promise.all(folders.map((folder) => exists(join(folder, program))));
  return found.includes(true);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
